import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { foldersOf } from "../../folders.ts";
import type { JobRequest } from "../../builder-protocol.ts";
import type { Git } from "../../../git/git.ts";
import { openLog } from "../../../builder/log.ts";
import { host } from "../../../sandbox/host.ts";
import { runJobRequest } from "./run-request.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-request-"));
afterAll(() => rmSync(folder, { recursive: true }));

const commit = "1".repeat(40);
const request: JobRequest = {
  project: "app",
  source: "https://example.org/app.git",
  ref: { kind: "branch", name: "main", commit },
  commit,
  script: "releases/app/unit.sh",
  env: {},
  network: false,
  image: null,
  cache: null,
  makes: [],
  bundles: [],
  takes: [],
  seconds: 60,
};

test.each<[string, Partial<JobRequest>, RegExp]>([
  [
    "a stranger's review without isolation",
    { ref: { kind: "review", name: "7", commit } },
    /isolates nothing/,
  ],
  ["an image without an engine", { image: "debian:12" }, /set CONTAINER_ENGINE=podman there/],
])("%s isn't run, and nothing of it is fetched", async (_what, changes, why) => {
  const unused = undefined as unknown as Git;
  const place = { git: unused, sandbox: host(), sandboxOf: undefined, folders: foldersOf("/nonexistent") };
  const log = openLog(join(folder, "log"));
  const options = { name: "1", bring: async () => undefined, log, signal: new AbortController().signal };
  const ended = await runJobRequest(
    { ...place, resources: undefined },
    { ...request, ...changes },
    options,
    async (end) => end,
  );
  expect(ended).toMatchObject({ kind: "failed", message: expect.stringMatching(why) as string });
});
