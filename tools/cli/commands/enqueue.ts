import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markTaken } from "../../ci/on-commit/untaken-schedule.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import { mergeBase } from "../../git/history.ts";
import { openQueue } from "../../manager/installation.ts";
import type { Submission, Submitted } from "../../queue/submission.ts";
import { revisionsOf, type Revision } from "../../manager/reconcile/revision.ts";
import { builtElsewhere, submissionOf } from "../../manager/reconcile/submit.ts";
import { scheduleSchema, schedulesOf, type Schedule } from "../../schedule/schedule.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { requireValidConfig } from "../../workspace/workspace.ts";
import { readHead, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** Hands a schedule file to the queue, for `sluice up` or `sluice build` to carry out. */
export async function enqueue(options: Options, file?: string): Promise<number> {
  const root = findRoot(options.root);
  const path = file ?? join(root, ".ci/schedule.json");
  const schedule = readSchedule(path);
  const git = openGit(root, process.env);
  const head = await readHead(git);
  const submissions: Submission[] = [];
  for (const one of schedulesOf(schedule)) {
    const revision = await revisionsOf(git, one.arch).at(one.commit);
    requireValidConfig(revision.workspace);
    requireOurs(path, one, head.workspace.config);
    const builds = await withoutDropped(git, one, head, path);
    submissions.push({
      ...submissionOf({ ...one, builds }, revision.workspace.config),
      ...builtElsewhere(revision),
    });
  }
  const queue = await openQueue(stateFolder(options));
  try {
    const submitted: Submitted[] = [];
    for (const submission of submissions) submitted.push(...(await queue.submit(submission)));
    if (file === undefined) await markTaken(git);
    if (options.json) {
      const { removals } = schedule;
      process.stdout.write(`${JSON.stringify({ builds: submitted, removals }, null, 2)}\n`);
      return 0;
    }
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

/** What main has no more is not to come back by an old schedule; where the clone is older than it, nothing is known. */
async function withoutDropped(
  git: Git,
  { builds, commit }: Schedule,
  head: Revision,
  path: string,
): Promise<Schedule["builds"]> {
  const base = await mergeBase(git, commit, head.commit);
  if (base === head.commit && commit !== head.commit) return builds;
  if (base !== commit)
    warn(`${path} is of commit ${commit.slice(0, 10)}, which isn't part of HEAD's history`);
  return builds.filter(({ pkgbase }) => {
    const isThere = head.whole.packages.has(pkgbase);
    if (!isThere) warn(`${pkgbase} is left out: HEAD doesn't have it any more`);
    return isThere;
  });
}

function requireOurs(
  path: string,
  { target, arch }: Schedule,
  { BUILD_REPO: repository, CI_ARCHES }: Pick<RepositoryConfig, "BUILD_REPO" | "CI_ARCHES">,
): void {
  if (target === repository && CI_ARCHES.includes(arch)) return;
  throw new SluiceError(
    "schedule",
    `${path} is for the repository ${JSON.stringify(target)} (${arch}), and ${JSON.stringify(repository)} (${CI_ARCHES.join(", ")}) is published here`,
    { hint: "Write one with: sluice on-commit", facts: { path } },
  );
}

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
