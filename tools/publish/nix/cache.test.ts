import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { readText } from "../../../test/world/release-examples.ts";
import { noEvidence } from "../../release/plan/evidence.ts";
import { planRelease } from "../../release/plan/plan-release.ts";
import type { PlannedRelease } from "../../release/plan/release-plan.ts";
import { sha256Of } from "../../system/digest.ts";
import type { PublishedFile, Publisher, StoredFile } from "../publisher.ts";
import { openNixCache } from "./cache.ts";
import { publicKeyOf, readNixKey } from "./narinfo.ts";

const missing = missingPrograms("nix");

/** A program that needs a library to run, and was built by a compiler that it doesn't need any more. */
const expression = `{ version }:
let
  make = name: text: derivation {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" text ];
  };
  compiler = make "compiler" "echo compiler > $out";
  lib = make "lib" "echo lib > $out";
in make "garage" "read c < \${compiler}; echo \${version} needs \${lib} > $out"
`;

function neededLast(files: StoredFile[]): StoredFile[] {
  return files.toSorted((a) => (readFileSync(a.file).includes("-garage\n") ? -1 : 1));
}

function otherContent(files: StoredFile[]): StoredFile[] {
  return files.map((file) => (file.path.startsWith("nar/") ? { ...file, sha256: "0".repeat(64) } : file));
}

describe.skipIf(missing.length > 0)(`a Nix cache (needs ${missing.join(", ") || "nothing more"})`, () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-nix-"));
  const store = join(folder, "store");
  const key = `cache.example-1:${Buffer.from(Array.from({ length: 64 }, (_, at) => at)).toString("base64")}`;
  const publicKey = publicKeyOf(readNixKey("NIX_KEY", key));
  const config = `experimental-features = nix-command\nsubstituters =\nbuild-users-group =\nsandbox = true\nsandbox-fallback = false\nsandbox-paths = /bin /lib /lib64 /usr\n`;
  const env = { ...process.env, NIX_CONFIG: config, HOME: folder };
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] }).trim();
  let server: Server;

  beforeAll(async () => {
    writeFileSync(join(folder, "garage.nix"), expression);
    server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(folder, request.url!)));
      } catch {
        response.statusCode = 404;
        response.end();
      }
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    execFileSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** As a job makes it, with all that building took. @returns the program's path */
  function make(cache: string, version: string): string {
    const [expr, to] = [join(folder, "garage.nix"), `file://${join(folder, cache)}`];
    const built = run("nix-build", "--store", store, "--no-out-link", "--argstr", "version", version, expr);
    const deriver = run("nix-store", "--store", store, "--query", "--deriver", built);
    const all = run("nix-store", "--store", store, "-qR", "--include-outputs", deriver);
    run("nix", "copy", "--from", store, "--to", to, ...all.split("\n"));
    run("nix", "copy", "--derivation", "--from", store, "--to", to, deriver);
    return built;
  }

  async function open(
    cache: string,
    www: string,
    { scope = "runtime", change = (files: StoredFile[]) => files } = {},
  ): Promise<Publisher> {
    const definition = readText(
      "garage",
      `source = "https://example.org/garage.git"
[channels]
stable = { tag = '.+' }
[stages.build]
garage = { run = "build.sh", makes = { cache = "cache" } }
[publish]
cache = { to = "nix", at = "file://${join(folder, www)}", of = "cache", key = "NIX_KEY", scope = "${scope}", keep = 1 }
`,
    );
    const ref = { kind: "tag", name: "v1", commit: "1".repeat(40) } as const;
    const plan = planRelease(definition, { ref, at: 0 }, noEvidence, 0) as PlannedRelease;
    const files: StoredFile[] = [];
    for (const entry of readdirSync(join(folder, cache), { recursive: true, encoding: "utf8" })) {
      const file = join(folder, cache, entry);
      const { size } = statSync(file);
      if (!statSync(file).isFile()) continue;
      files.push({ path: entry, file, sha256: await sha256Of(file), bytes: size, isExecutable: false });
    }
    return openNixCache({
      planned: plan.publications[0]!,
      publication: definition.publications.get("cache")!,
      definition,
      plan,
      filesOf: () => change(files),
      secrets: { NIX_KEY: key },
      folder,
      source: folder,
      latest: true,
      time: 0,
      checkpoint: undefined,
    });
  }

  async function publish(cache: string, www: string, scope = "runtime"): Promise<readonly PublishedFile[]> {
    const publisher = await open(cache, www, { scope });
    await publisher.stage();
    await publisher.verify();
    return publisher.show();
  }

  /** What a `.narinfo` of a cache is about. */
  function nameIn(www: string, file: string): string | [] {
    if (!file.endsWith(".narinfo")) return [];
    const text = readFileSync(join(folder, www, file), "utf8");
    return /^StorePath: \/nix\/store\/[^-]+-(\S+)$/m.exec(text)![1]!;
  }

  /** As a client of its own, with nothing but this cache; what it has then, or what nix said. */
  function fetchFrom(www: string, path: string, into: string, trusted = publicKey): Promise<string> {
    const client = { ...env, NIX_CONFIG: `${config}trusted-public-keys = ${trusted}\n` };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${www}`;
    const args = ["copy", "--from", url, "--to", join(folder, into), path];
    return new Promise((resolve) => {
      execFile("nix", args, { env: client }, (error, _out, said) =>
        resolve(error ? said : readFileSync(join(folder, into, path), "utf8")),
      );
    });
  }

  test("is used by a real nix that trusts its key, and refused by one that doesn't", async () => {
    const path = make("v1", "v1");
    await publish("v1", "www");
    expect(await fetchFrom("www", path, "trusting")).toMatch(/^v1 needs .*-lib\n$/);
    expect(await fetchFrom("www", path, "wary", "")).toContain("lacks a valid signature");
    await publish("v1", "www");
    expect(readdirSync(join(folder, "www")).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("holds what was built, with all that it needs to run, or all that building it took", async () => {
    const path = make("v1", "v1");
    const scopes = { output: ["garage"], runtime: ["garage", "lib"], build: ["compiler", "garage", "lib"] };
    for (const [scope, names] of Object.entries(scopes)) {
      await publish("v1", `www-${scope}`, scope);
      const held = readdirSync(join(folder, `www-${scope}`)).flatMap((name) => nameIn(`www-${scope}`, name));
      expect([scope, held.filter((name) => !name.endsWith(".drv")).sort()]).toEqual([scope, names]);
      expect(held.some((name) => name.endsWith(".drv"))).toBe(scope === "build");
    }
    expect(await fetchFrom("www-output", path, "alone")).toMatch(/-lib' is (?:not valid|required)/);
    expect(await fetchFrom("www-runtime", path, "runs")).toContain("v1 needs");
  });

  test("shows a path after those that it needs, in whichever order a job made them", async () => {
    make("v1", "v1");
    const publisher = await open("v1", "www-order", { change: neededLast });
    await publisher.stage();
    const shown = await publisher.show();
    expect(shown.flatMap(({ at }) => nameIn("www-order", at.slice(at.lastIndexOf("/"))))).toEqual([
      "lib",
      "garage",
    ]);
  });

  test("loses what no kept release needs, and a client still gets a whole kept one", async () => {
    const [old, kept] = [make("v1", "v1"), make("v2", "v2")];
    const first = await publish("v1", "www-kept");
    const second = await publish("v2", "www-kept");
    const needed = new Set(second.map(({ at }) => at));
    const publisher = await open("v2", "www-kept");
    await publisher.drop!(first.filter(({ at }) => !needed.has(at)));
    expect(await fetchFrom("www-kept", kept, "kept")).toMatch(/^v2 needs/);
    expect(await fetchFrom("www-kept", old, "dropped")).toContain("is required, but there is no");
    const left = readdirSync(join(folder, "www-kept"), { recursive: true, encoding: "utf8" });
    expect(left.filter((name) => /\.nar(?:info|\.xz)$/.test(name))).toHaveLength(4);
  });

  test("that a job has made wrongly is refused, and a secret that is no key isn't repeated", async () => {
    make("v1", "v1");
    const publisher = await open("v1", "www-wrong", { change: otherContent });
    await expect(publisher.stage()).rejects.toThrow("isn't what `nix copy` writes");
    expect(() => readNixKey("NIX_KEY", "very-secret")).toThrow(/^(?!.*very-secret).*holds no key/);
  });
});
