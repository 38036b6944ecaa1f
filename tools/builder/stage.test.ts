import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Outcome, Sandbox } from "../sandbox/sandbox.ts";
import { openLog } from "./log.ts";
import { stageRunner } from "./stage.ts";

test.each<[Outcome, object]>([
  [
    { kind: "exited", code: 0 },
    { collected: [], head: "first\nlast\n" },
  ],
  [
    { kind: "exited", code: 123 },
    { kind: "failed", message: "the build failed: exit code 123." },
  ],
  [{ kind: "timed-out" }, { kind: "timed-out" }],
  [{ kind: "cancelled" }, { kind: "cancelled" }],
  [{ kind: "out-of-memory" }, { kind: "failed", message: "the build failed: it ran out of memory" }],
  [
    { kind: "output-refused", reason: "more than 9 bytes" },
    { kind: "failed", message: "the build failed: more than 9 bytes" },
  ],
  [
    { kind: "lost", reason: "ended from outside" },
    { kind: "lost", message: "ended from outside" },
  ],
])("where a stage's sandbox says %j, so the build ends", async (outcome, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-stage-"));
  const log = openLog(join(folder, "log"));
  const sandbox: Sandbox = {
    name: "bubblewrap",
    programs: "host",
    isolates: new Set(),
    owner: { uid: 0, gid: 0 },
    async run({ onOutput }) {
      await onOutput(Buffer.from("first\n"), "stdout");
      await onOutput(Buffer.from("last\n"), "stderr");
      return { outcome, durationMs: 1, collected: [], logTruncated: true, notes: ["1 MiB", "network: none"] };
    },
  };
  const limits = { memoryBytes: 1, outputBytes: 1, processes: 1 };
  const stages = stageRunner(sandbox, log, { seconds: 9, skipCode: 123, limits });
  expect(await stages.run("the build", { script: "", mounts: [] })).toMatchObject(expected);
  await stages.run("another", { script: "", mounts: [] });
  log.close();
  const text = readFileSync(log.path, "utf8");
  expect(text.match(/^:: Limit: .*$/gm)).toEqual([":: Limit: 1 MiB."]);
  expect(text).toContain(":: The log ends here: the build wrote more than");
  rmSync(folder, { recursive: true });
});
