import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { ReleaseRef } from "../../../release/refs/ref.ts";
import type { OpenRelease } from "../record/progress.ts";
import { releaseKey } from "../record/release-key.ts";
import { ReleaseRecords } from "../record/release-records.ts";
import { artifactFiles } from "./job-request.ts";

const folder = mkdtempSync(join(tmpdir(), "job-request-"));
const records = new ReleaseRecords(folder);
const ref: ReleaseRef = { kind: "tag", name: "v1", commit: "1".repeat(40) };
const bin = { artifact: "bin", target: null };

afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(join(folder, "releases"), { recursive: true, force: true }));

/** A channel has built this, of which `path` tells. */
function built(channel: string, path: string, of = ref): void {
  const artifacts = { bin: [{ path, sha256: "a".repeat(64), bytes: 1, isExecutable: false }] };
  const jobs = { "build.app": { isGreen: true, at: 0, artifacts } };
  const record = {
    ref: of,
    channel,
    version: null,
    definition: "d",
    jobs,
    publications: {},
    finishedAt: null,
  };
  records.write(releaseKey("app", channel, of), record);
}

function taken(): readonly string[] {
  const definition = { channels } as unknown as OpenRelease["definition"];
  const plan = { ref, channel: "stable", version: null } as unknown as OpenRelease["plan"];
  const release = { key: releaseKey("app", "stable", ref), commit: "c", digest: "d", definition, plan };
  return artifactFiles(records, release, bin).map(({ path }) => path);
}

const after = (channel: string): readonly object[] => [{ kind: "green", stage: "test", channel }];
const channels = new Map([
  ["checks", { after: [] }],
  ["candidate", { after: [] }],
  ["staging", { after: after("candidate") }],
  ["stable", { after: after("staging") }],
]);

test("artifacts come from the channels that the commit went through, the nearest first", () => {
  built("candidate", "candidate");
  expect(taken()).toEqual(["candidate"]);
  built("staging", "staging");
  expect(taken()).toEqual(["staging"]);
  built("stable", "own");
  expect(taken()).toEqual(["own"]);
});

test("what a channel made that `after` doesn't name, or of another commit, is nobody's", () => {
  built("checks", "poison");
  built("staging", "older", { ...ref, commit: "2".repeat(40) });
  expect(taken()).toEqual([]);
});
