import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { openQueue } from "../../manager/installation.ts";
import { submissionOf } from "../../manager/submit.ts";
import { scheduleSchema, type Schedule } from "../../schedule/schedule.ts";
import { parseWorkspace } from "../../workspace/workspace.ts";
import { readWorktree } from "../../workspace/worktree.ts";
import { stateFolder, type InstallationOptions } from "../installation.ts";
import { findRoot } from "../root.ts";

/** Hands a schedule file to the queue, for `sluice up` or `sluice build` to carry out. */
export async function enqueue(options: InstallationOptions, file?: string): Promise<number> {
  const root = findRoot(options.root);
  const schedule = readSchedule(file ?? join(root, ".ci/schedule.json"));
  const { config: settings } = parseWorkspace(readWorktree(root, { configs: false }));
  const queue = await openQueue(stateFolder(options));
  try {
    const submitted = await queue.submit(submissionOf(schedule, { settings }));
    for (const { pkgbase, kind } of submitted) process.stdout.write(`${pkgbase}: ${said[kind]}\n`);
    for (const { pkgbase } of schedule.removals) process.stdout.write(`${pkgbase}: to be removed\n`);
    if (submitted.length + schedule.removals.length === 0) process.stdout.write("The schedule is empty.\n");
    return 0;
  } finally {
    await queue.close();
  }
}

const said = {
  queued: "queued",
  merged: "merged with the build that is queued",
  "after-active": "queued for after the build that is running",
};

function readSchedule(path: string): Schedule {
  const refuse = (what: string, cause?: unknown): SluiceError =>
    new SluiceError("schedule", `${path} ${what}`, {
      hint: "Write one with: sluice on-commit",
      facts: { path },
      cause,
    });
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refuse(
      error instanceof SyntaxError ? `is not JSON: ${error.message}` : `can't be read (${systemCode(error)})`,
      error,
    );
  }
  const parsed = scheduleSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path: where, message }) => `${where.join(".") || "."}: ${message}`,
  );
  throw refuse(`is not a schedule: ${issues.join("; ")}`);
}
