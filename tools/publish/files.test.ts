import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readText } from "../../test/world/release-examples.ts";
import { noEvidence } from "../release/plan/evidence.ts";
import { planRelease } from "../release/plan/plan-release.ts";
import type { PlannedRelease } from "../release/plan/release-plan.ts";
import { openFiles } from "./files.ts";
import type { Publisher } from "./publisher.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

function open(at: string, content: string, secrets: Readonly<Record<string, string>> = {}): Publisher {
  const definition = readText(
    "app",
    `source = "https://example.org/app.git"
[channels]
stable = { tag = '.+' }
[stages.build]
app = { run = "build.sh", makes = { bin = "app" } }
[publish]
binaries = { to = "files", at = "${at}", of = "bin" }
`,
  );
  const ref = { kind: "tag", name: "v1", commit: "1".repeat(40) } as const;
  const plan = planRelease(definition, { ref, at: 0 }, noEvidence, 0) as PlannedRelease;
  const sha256 = createHash("sha256").update(content).digest("hex");
  const file = join(folder, sha256);
  writeFileSync(file, content);
  return openFiles({
    planned: plan.publications[0]!,
    publication: definition.publications.get("binaries")!,
    definition,
    plan,
    filesOf: () => [{ path: "app", file, sha256, bytes: content.length, isExecutable: true }],
    secrets,
    folder,
    source: folder,
    latest: true,
    time: 0,
    checkpoint: undefined,
  });
}

test("the same name and digest is done, another digest is refused and never overwritten", async () => {
  const at = `file://${folder}/www/{ref}/app`;
  const first = open(at, "one");
  for (const step of ["stage", "verify", "show", "show"] as const) await first[step]();
  const same = open(at, "one");
  for (const step of ["stage", "verify", "show"] as const) await same[step]();
  const other = open(at, "two");
  const refusal = expect.objectContaining({ code: "publication-refused" });
  await expect(other.stage()).rejects.toThrow(refusal);
  await expect(other.show()).rejects.toThrow(refusal);
  expect(readFileSync(join(folder, "www/v1/app"), "utf8")).toBe("one");
  expect(readdirSync(join(folder, "www/v1"))).toEqual(["app"]);
});

test("an S3 that says yes and stored nothing is found before anything is shown", async () => {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.statusCode = ["GET", "HEAD"].includes(request.method!) ? 404 : 200;
      response.setHeader("etag", '"x"');
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const secrets = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "x",
  };
  const publisher = open("s3://bucket/{ref}/app", "one", secrets);
  await publisher.stage();
  await expect(publisher.verify()).rejects.toThrow("reads back as nothing");
  await publisher.close?.();
  server.closeAllConnections();
  server.close();
});
