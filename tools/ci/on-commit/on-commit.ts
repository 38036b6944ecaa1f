import { changedLocks, type ChangedLock } from "./changed-locks.ts";
import type { DependencyTree } from "../../deptree/tree.ts";
import type { Git } from "../../git/git.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { ScheduleFile } from "../../schedule/files.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { Workspace, WorkspaceProblem } from "../../workspace/workspace.ts";
import { readCommitRange, type CommitRange } from "../pipeline/commit-range.ts";
import { scheduleFor } from "../pipeline/compose-schedule.ts";
import type { Platform } from "../pipeline/platform.ts";
import type { PublishedHere } from "../same-version.ts";
import type { Decision } from "./decide.ts";
import { decideSince, withoutKind } from "./decide-since.ts";
import { sameVersionNotes, type Said } from "./same-version-notes.ts";
import { keptOf } from "./untaken-schedule.ts";

/** What `sluice on-commit` is going to do, and why. */
export interface OnCommitPlan {
  readonly range: Omit<CommitRange, "commits"> & { readonly commits: number };
  readonly schedule: Schedule;
  /** The schedule's builds, as they were decided. */
  readonly builds: readonly WantedBuild[];
  readonly workspace: Workspace;
  /** Of the whole workspace. */
  readonly tree: DependencyTree;
  readonly packagesDir: string;
  readonly skipped: readonly { readonly pkgbase: string; readonly reason: string }[];
  /** Problems of the packages that are scheduled; they are built as far as they can be. */
  readonly problems: readonly WorkspaceProblem[];
  /** What was asked for and comes to nothing. */
  readonly notes: readonly { readonly pkgbase: string; readonly message: string }[];
  /** What builders are to release. */
  readonly releases: readonly ChangedLock[];
  readonly files: readonly ScheduleFile[];
  /** Of the schedule, what an earlier one asked for that nobody took. */
  readonly kept: readonly string[];
}

/**
 * Decides what to schedule since the tag `scheduled`; changes nothing.
 *
 * @param options.untaken a schedule that nobody took; what it asks for is asked for again
 * @param options.published reads what is known here of published packages, for what is said of them
 */
export async function planOnCommit(
  git: Git,
  platform: Platform,
  options: {
    readonly untaken?: Schedule | undefined;
    readonly published?: (config: RepositoryConfig) => Promise<PublishedHere>;
  } = {},
): Promise<OnCommitPlan> {
  const range = await readCommitRange(git);
  const decided = await decideSince(git, range);
  const said = await sameVersionNotes(
    git,
    decided,
    await options.published?.(decided.after.workspace.config),
  );
  const releases = await changedLocks(git, range.from, range.head);
  const plan = assemble(range, decided.after.workspace, decided.decisions, said, platform, options.untaken);
  return { ...plan, releases };
}

function assemble(
  { commits, ...range }: CommitRange,
  workspace: Workspace,
  decisions: readonly Decision[],
  said: Said,
  platform: Platform,
  untaken: Schedule | undefined,
): Omit<OnCommitPlan, "releases"> {
  const decided = new Set(decisions.flatMap(({ kind, pkgbase }) => (kind === "skip" ? [] : [pkgbase])));
  const kept = keptOf(untaken, workspace, decided);
  const builds = decisions.filter((decision) => decision.kind === "build");
  const { schedule, files, tree } = scheduleFor(
    { workspace, commit: range.head, platform },
    [...builds, ...kept.builds],
    [
      ...decisions.flatMap((decision) => (decision.kind === "remove" ? [withoutKind(decision)] : [])),
      ...kept.removals,
    ],
  );
  const concerned = new Set(decisions.map(({ pkgbase }) => pkgbase));
  return {
    range: { ...range, commits: commits.length },
    schedule,
    builds,
    workspace,
    tree,
    packagesDir: workspace.packagesDir,
    skipped: decisions.flatMap((decision) => (decision.kind === "skip" ? [withoutKind(decision)] : [])),
    problems: [
      ...workspace.problems.filter(({ pkgbase }) => pkgbase === undefined || concerned.has(pkgbase)),
      ...said.problems,
    ],
    notes: said.notes,
    files,
    kept: [...kept.builds, ...kept.removals].map(({ pkgbase }) => pkgbase),
  };
}
