import { planOnCommit, type OnCommitPlan } from "../../ci/on-commit/on-commit.ts";
import { applyOnCommit } from "../../ci/on-commit/apply-on-commit.ts";
import { readUntakenSchedule } from "../../ci/on-commit/untaken-schedule.ts";
import { requirePushed } from "../../ci/pipeline/local-clone.ts";
import { readPlatform, type Platform } from "../../ci/pipeline/platform.ts";
import { SluiceError } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import type { PublishedHere } from "../../ci/same-version.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { describeRef } from "../../release/refs/ref.ts";
import { describeProblem } from "../../workspace/workspace.ts";
import { info, printable, warn } from "../output/report.ts";
import { publishedHere } from "../wiring/published-here.ts";
import { findRoot } from "../wiring/root.ts";
import { allBuilds } from "../../schedule/schedule.ts";
import { formatTable } from "../output/table.ts";

interface Options {
  readonly root?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function onCommit({ root, dryRun = false, json = false }: Options): Promise<number> {
  const folder = findRoot(root);
  const git = openGit(folder, process.env);
  const platform = readPlatform(process.env);
  const untaken = await readUntakenSchedule(git, platform);
  const published = (config: RepositoryConfig): Promise<PublishedHere> => publishedHere(folder, config);
  const plan = await planOnCommit(git, platform, { untaken, published });
  for (const problem of plan.problems) warn(describeProblem(problem));
  for (const { pkgbase, message } of plan.notes) warn(`${pkgbase}: ${message}`);
  if (dryRun) await sayIfRefused(git, platform, plan);
  else await applyOnCommit(git, platform, plan, () => new Date());
  if (json) {
    const { range, schedule, releases, skipped, problems, notes, kept } = plan;
    const printed = { range, schedule, releases, skipped, problems, notes, kept };
    process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`);
  } else {
    process.stdout.write(describePlan(plan));
    info(describeOutcome(plan, dryRun));
  }
  return 0;
}

/** What a run without --dry-run would say. */
async function sayIfRefused(git: Git, platform: Platform, { range }: OnCommitPlan): Promise<void> {
  try {
    await requirePushed(git, platform, range);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.exitCode !== 1) throw error;
    warn(`without --dry-run this is refused: ${error.message}`);
  }
}

function describePlan({ range, schedule, releases, skipped }: OnCommitPlan): string {
  const [builds, removals] = [allBuilds(schedule), schedule.removals];
  const since = {
    "since-tag": `${count(range.commits, "commit")} since ${range.from?.slice(0, 10)}`,
    "newest-commit":
      "no tag `scheduled` yet, so the newest commit alone counts ([deploy all] in its message asks for everything)",
    "rewritten-history": `history was rewritten, so everything that differs from ${range.from?.slice(0, 10)} counts`,
  }[range.basis];
  const rows = [
    ...builds.map((build) => ["build", build.pkgbase, build.class ?? "any", build.reason]),
    ...removals.map((removal) => ["remove", removal.pkgbase, "", removal.reason]),
    ...releases.map(({ project, channel, lock }) => [
      "release",
      project,
      "",
      `${channel}: ${describeRef(lock.ref)} (${lock.reason})`,
    ]),
    ...skipped.map((skip) => ["skip", skip.pkgbase, "", skip.reason]),
  ];
  const head = printable(`${range.head.slice(0, 10)}: ${since}\n`);
  return rows.length === 0 ? head : `${head}\n${formatTable(["", "PKGBASE", "CLASS", "WHY"], rows)}\n`;
}

function describeOutcome({ range, schedule, kept }: OnCommitPlan, dryRun: boolean): string {
  const [builds, removals] = [allBuilds(schedule), schedule.removals];
  const counts =
    builds.length + removals.length === 0
      ? "Nothing to schedule"
      : `${count(builds.length, "build")} and ${count(removals.length, "removal")}`;
  const what =
    kept.length === 0
      ? counts
      : `${counts}, with ${kept.length} of an earlier schedule that nobody took (sluice enqueue takes it)`;
  if (dryRun) return `${what}; nothing was changed (--dry-run).`;
  const isThere = range.tag?.id === range.head;
  return `${what}; wrote .ci/schedule.json${isThere ? ", the tag `scheduled` was here already" : " and moved the tag `scheduled`"}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
