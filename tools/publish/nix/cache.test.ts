import { execFileSync } from "node:child_process";
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
import type { Publisher, StoredFile } from "../publisher.ts";
import { openNixCache } from "./cache.ts";
import { publicKeyOf, readNixKey } from "./narinfo.ts";

const missing = missingPrograms("nix");

describe.skipIf(missing.length > 0)(`a Nix cache (needs ${missing.join(", ") || "nothing more"})`, () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-nix-"));
  const www = join(folder, "www");
  const key = `cache.example-1:${Buffer.from(Array.from({ length: 64 }, (_, at) => at)).toString("base64")}`;
  let storePath: string;
  let server: Server;

  beforeAll(async () => {
    const nix = { NIX_CONFIG: "experimental-features = nix-command\nsandbox = false\nbuild-users-group =\n" };
    const env = { ...process.env, ...nix, HOME: folder };
    const run = (...args: string[]): string =>
      execFileSync("nix", [...args], { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] }).trim();
    const store = `local?store=/nix/store&root=${join(folder, "store")}`;
    writeFileSync(join(folder, "garage"), "garage v1.2.0\n");
    storePath = run("store", "add-file", "--store", store, "--name", "garage", join(folder, "garage"));
    run("copy", "--from", store, "--to", `file://${join(folder, "cache")}`, storePath);
    // Without it the path would be known by its content, and no signature be asked for.
    const info = join(
      folder,
      "cache",
      `${storePath.slice("/nix/store/".length, "/nix/store/".length + 32)}.narinfo`,
    );
    writeFileSync(info, readFileSync(info, "utf8").replace(/^CA: .*\n/m, ""));
    server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(www, request.url!)));
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

  async function open(change: (file: StoredFile) => StoredFile = (file) => file): Promise<Publisher> {
    const definition = readText(
      "garage",
      `source = "https://example.org/garage.git"
[channels]
stable = { tag = '.+' }
[stages.build]
garage = { run = "build.sh", makes = { cache = "cache" } }
[publish]
cache = { to = "nix", at = "file://${www}", of = "cache", key = "NIX_KEY" }
`,
    );
    const ref = { kind: "tag", name: "v1", commit: "1".repeat(40) } as const;
    const plan = planRelease(definition, { ref, at: 0 }, noEvidence, 0) as PlannedRelease;
    const files: StoredFile[] = [];
    for (const entry of readdirSync(join(folder, "cache"), { recursive: true, encoding: "utf8" })) {
      const file = join(folder, "cache", entry);
      const { size } = statSync(file);
      if (!statSync(file).isFile()) continue;
      files.push(
        change({ path: entry, file, sha256: await sha256Of(file), bytes: size, isExecutable: false }),
      );
    }
    return openNixCache({
      planned: plan.publications[0]!,
      publication: definition.publications.get("cache")!,
      definition,
      plan,
      filesOf: () => files,
      secrets: { NIX_KEY: key },
      folder,
      source: folder,
      latest: true,
      time: 0,
      checkpoint: undefined,
    });
  }

  /** As a client of its own, with nothing but this cache. */
  function fetchFrom(cache: string, trusted: string, into: string): Promise<string> {
    const config = `experimental-features = nix-command\ntrusted-public-keys = ${trusted}\nsubstituters =\nbuild-users-group =\n`;
    const env = { ...process.env, NIX_CONFIG: config, HOME: join(folder, into) };
    const target = `local?store=/nix/store&root=${join(folder, into)}`;
    return new Promise((resolve) => {
      void import("node:child_process").then(({ execFile }) =>
        execFile("nix", ["copy", "--from", cache, "--to", target, storePath], { env }, (error, _out, said) =>
          resolve(error ? said : readFileSync(join(folder, into, storePath), "utf8")),
        ),
      );
    });
  }

  test("is used by a real nix that trusts its key, and refused by one that doesn't", async () => {
    const publisher = await open();
    for (const step of ["stage", "verify", "show"] as const) await publisher[step]();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await fetchFrom(url, publicKeyOf(readNixKey("NIX_KEY", key)), "trusting")).toBe("garage v1.2.0\n");
    expect(await fetchFrom(url, "", "wary")).toContain("lacks a valid signature");
    const again = await open();
    for (const step of ["stage", "verify", "show"] as const) await again[step]();
    expect(readdirSync(www).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("that a job has made wrongly is refused, and a secret that is no key isn't repeated", async () => {
    const publisher = await open((file) =>
      file.path.startsWith("nar/") ? { ...file, sha256: "0".repeat(64) } : file,
    );
    await expect(publisher.stage()).rejects.toThrow("isn't what `nix copy` writes");
    expect(() => readNixKey("NIX_KEY", "very-secret")).toThrow(/^(?!.*very-secret).*holds no key/);
  });
});
