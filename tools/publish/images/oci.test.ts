import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { RegistryServer } from "../../../test/world/registry-server.ts";
import { readText } from "../../../test/world/release-examples.ts";
import { noEvidence } from "../../release/plan/evidence.ts";
import { planRelease } from "../../release/plan/plan-release.ts";
import type { PlannedRelease } from "../../release/plan/release-plan.ts";
import { sha256Of } from "../../system/digest.ts";
import type { Publisher, StoredFile } from "../publisher.ts";
import { openReader } from "../read-back.ts";
import { openImages } from "./oci.ts";

function skopeo(...args: readonly string[]): string {
  return execFileSync("skopeo", ["inspect", "--tls-verify=false", ...args], {
    encoding: "utf8",
    stdio: "pipe",
  });
}

/** Passes all on, and alters manifests where it is told to. */
async function lyingProxy(
  to: string,
  isAltered: (path: string) => boolean,
): Promise<{ address: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!;
    const body = await buffer(request);
    const { accept = "", "content-type": type = "" } = request.headers;
    const given = await fetch(`http://${to}${path}`, {
      method: request.method!,
      headers: { accept: String(accept), "content-type": type },
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const content = Buffer.from(await given.arrayBuffer());
    response.statusCode = given.status;
    for (const name of ["location", "content-type", "docker-content-digest", "docker-upload-uuid", "range"]) {
      const value = given.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    const isLie = request.method === "GET" && isAltered(path);
    response.end(isLie ? Buffer.concat([content, Buffer.from("\n")]) : content);
  }
}

const missing = missingPrograms("skopeo", "docker-registry");

describe.skipIf(missing.length > 0)(`an image (needs ${missing.join(", ") || "nothing more"})`, () => {
  const registry = new RegistryServer();
  const folder = mkdtempSync(join(tmpdir(), "sluice-oci-"));
  beforeAll(() => registry.start());
  afterAll(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true });
  });
  let count = 0;

  async function open(ref: string, content: string, address = registry.address): Promise<Publisher> {
    const definition = readText(
      "garage",
      `source = "https://example.org/garage.git"
[targets]
amd64 = { oci = "linux/amd64" }
arm = { oci = "linux/arm/v6" }
[channels]
stable = { tag = '.+', alias = "latest" }
[stages.build]
garage = { run = "build.sh", for = "*", makes = { bin = "garage" } }
[publish]
image = { to = "oci", at = "${address}/dxflrs/garage:{ref}", of = "bin", cmd = ["/garage", "server"] }
`,
    );
    const wanted = { ref: { kind: "tag", name: ref, commit: "1".repeat(40) }, at: 0 } as const;
    const plan = planRelease(definition, wanted, noEvidence, 0) as PlannedRelease;
    const work = join(folder, String(count++));
    mkdirSync(work);
    const files = new Map<string | null, StoredFile>();
    for (const target of ["amd64", "arm"]) {
      const file = join(work, target);
      const text = `${content} ${target}`;
      writeFileSync(file, text);
      const facts = { sha256: await sha256Of(file), bytes: text.length, isExecutable: true };
      files.set(target, { path: "garage", file, ...facts });
    }
    return openImages({
      planned: plan.publications[0]!,
      publication: definition.publications.get("image")!,
      definition,
      plan,
      filesOf: ({ target }) => [files.get(target)!],
      secrets: {},
      folder: work,
      source: work,
      latest: true,
      time: 1_700_000_000,
      checkpoint: undefined,
    });
  }

  const at = (name: string): string => `docker://${registry.address}/dxflrs/garage${name}`;

  test("for several platforms can't be seen until it is shown, and is one index then", async () => {
    const publisher = await open("v1.0.0", "one");
    await publisher.stage();
    await publisher.verify();
    expect(() => skopeo("--raw", at(":v1.0.0"))).toThrow("manifest unknown");
    const [shown] = await publisher.show();
    const index = JSON.parse(skopeo("--raw", at(":v1.0.0"))) as {
      manifests: { platform: object }[];
      annotations: Record<string, string>;
    };
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm", os: "linux", variant: "v6" },
    ]);
    expect(index.annotations["org.opencontainers.image.version"]).toBe("1.0.0");
    const arm = skopeo("--config", "--override-arch=arm", "--override-variant=v6", at(":v1.0.0"));
    expect((JSON.parse(arm) as { config: { Cmd: string[] } }).config.Cmd).toEqual(["/garage", "server"]);
    expect(await (await open("v1.0.0", "one")).show()).toEqual([shown]);
  });

  test("gets another name with the same digest", async () => {
    const publisher = await open("v1.0.0", "one");
    await publisher.alias!("latest");
    expect(skopeo("--raw", at(":latest"))).toBe(skopeo("--raw", at(":v1.0.0")));
  });

  test("with other content under the same tag is refused, and the old one stays", async () => {
    const before = skopeo("--raw", at(":v1.0.0"));
    const publisher = await open("v1.0.0", "two");
    await expect(publisher.stage()).rejects.toThrow("is sha256:");
    await expect(publisher.show()).rejects.toThrow(expect.objectContaining({ code: "publication-refused" }));
    expect(skopeo("--raw", at(":v1.0.0"))).toBe(before);
  });

  test("of a registry that answers with another digest is found, before it is shown and after", async () => {
    let liesAbout = /@never/;
    const proxy = await lyingProxy(registry.address, (path) => liesAbout.test(path));
    const publisher = await open("v1.1.0", "four", proxy.address);
    await publisher.stage();
    liesAbout = /manifests\/sha256:/;
    await expect(publisher.verify()).rejects.toThrow(/digest|reads back as/);
    liesAbout = /manifests\/v1/;
    await expect(publisher.show()).rejects.toThrow(expect.objectContaining({ code: "publication-damaged" }));
    await proxy.stop();
  });

  test("is read back later as it is then, or as nothing", async () => {
    const [shown] = await (await open("v1.0.0", "one")).show();
    const publication = { to: "oci", at: shown!.at, of: "bin" } as const;
    const reader = openReader({ publication, tag: "v1.0.0", secrets: {} })!;
    expect(await reader.read(shown!)).toBe(shown!.sha256);
    expect(await reader.read({ ...shown!, at: shown!.at.replace("v1.0.0", "v9") })).toBeUndefined();
  });

  test("that the registry doesn't have, whatever it said, is found", async () => {
    const publisher = await open("v2.0.0", "three");
    await expect(publisher.verify()).rejects.toThrow(
      expect.objectContaining({ code: "publication-damaged", message: expect.stringContaining("nothing") }),
    );
  });
});
