import { defaultArch } from "../alpm/names.ts";
import type { Git } from "../git/git.ts";
import { lastChanges } from "../git/history.ts";
import { composeSchedule } from "../schedule/compose.ts";
import { scheduleFiles, type ScheduleFile } from "../schedule/files.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { readCommit } from "../workspace/commit.ts";
import { parseWorkspace, requireValidConfig, treeOf, type WorkspaceProblem } from "../workspace/workspace.ts";
import { readCommitRange, type CommitRange } from "./commit-range.ts";
import { decide, type Decision, type Side } from "./decide.ts";
import type { Platform } from "./platform.ts";
import { moveScheduledTag } from "./scheduled-tag.ts";
import { writeScheduleFiles } from "./write-schedule.ts";

/** What `sluice on-commit` is going to do, and why. */
export interface OnCommitPlan {
  readonly range: Omit<CommitRange, "commits"> & { readonly commits: number };
  readonly schedule: Schedule;
  readonly skipped: readonly { readonly pkgbase: string; readonly reason: string }[];
  /** Problems of the packages that are scheduled; they are built as far as they can be. */
  readonly problems: readonly WorkspaceProblem[];
  readonly files: readonly ScheduleFile[];
}

/** Decides what to schedule since the tag `scheduled`; changes nothing. */
export async function planOnCommit(git: Git, platform: Platform): Promise<OnCommitPlan> {
  const range = await readCommitRange(git);
  const [before, after, changes] = await Promise.all([
    range.from === undefined ? undefined : readSide(git, range.from),
    readSide(git, range.head),
    lastChanges(git, range.commits),
  ]);
  requireValidConfig(after.workspace);
  const decisions = decide(before, after, range.commits, (path) => changes.get(path));
  return assemble(range, after, decisions, platform);
}

/** Writes the schedule files and moves the tag; if the tag can't be moved, the files are taken back. */
export async function applyOnCommit(
  git: Git,
  platform: Platform,
  { range, files }: OnCommitPlan,
): Promise<void> {
  const written = writeScheduleFiles(git.dir, files);
  try {
    await moveScheduledTag(git, platform, range);
  } catch (error) {
    written.undo();
    throw error;
  }
}

async function readSide(git: Git, commit: string): Promise<Side> {
  const files = await readCommit(git, commit);
  return { files, workspace: parseWorkspace(files) };
}

function assemble(
  { commits, ...range }: CommitRange,
  { workspace }: Side,
  decisions: readonly Decision[],
  platform: Platform,
): OnCommitPlan {
  const { config } = workspace;
  const tree = treeOf(workspace, defaultArch);
  const schedule = composeSchedule(
    {
      commit: range.head,
      pipeline: {
        commit: platform.commit ?? range.head,
        id: platform.pipelineId,
        url: platform.pipelineUrl,
      },
      arch: defaultArch,
      source: config.REPO_NAME,
      target: config.BUILD_REPO,
    },
    tree,
    decisions.filter((decision) => decision.kind === "build"),
    decisions.flatMap((decision) => (decision.kind === "remove" ? [withoutKind(decision)] : [])),
  );
  const concerned = new Set(decisions.map(({ pkgbase }) => pkgbase));
  return {
    range: { ...range, commits: commits.length },
    schedule,
    skipped: decisions.flatMap((decision) => (decision.kind === "skip" ? [withoutKind(decision)] : [])),
    problems: workspace.problems.filter(({ pkgbase }) => pkgbase === undefined || concerned.has(pkgbase)),
    files: scheduleFiles(schedule, tree, config),
  };
}

function withoutKind<T extends { kind: string }>({ kind: _kind, ...rest }: T): Omit<T, "kind"> {
  return rest;
}
