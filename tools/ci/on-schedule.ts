import { defaultArch } from "../alpm/names.ts";
import type { DependencyTree } from "../deptree/tree.ts";
import { SluiceError } from "../errors.ts";
import type { Forge } from "../forge/forge.ts";
import type { FileChanges } from "../git/change-files.ts";
import type { Git } from "../git/git.ts";
import type { ScheduledRemoval } from "../schedule/schedule.ts";
import type { WantedBuild } from "../schedule/compose.ts";
import type { Checkpoint } from "../steps.ts";
import { readState, type PackageState, type State, type StateBranch } from "../workspace/state.ts";
import { treeOf, type Workspace } from "../workspace/workspace.ts";
import { commitRangeTo, scheduledTag, type CommitRange } from "./commit-range.ts";
import { findCommits, type CommitDecision } from "./find-commits.ts";
import { findUpdates } from "./find-updates.ts";
import type { UpdateDecision } from "./decide-update.ts";
import { changesOfMain, replacedCommit, workspaceAfter, type ReplacedCommit } from "./new-main.ts";
import { nextState } from "./next-state.ts";
import { readMainLine, type MainLine } from "./main-line.ts";
import { decideSince, withoutKind } from "./on-commit.ts";
import type { Platform } from "./platform.ts";
import { planUpdateReviews, type UpdateReviews } from "./update-reviews.ts";
import type { Upstreams } from "./upstreams.ts";
import { newBuilds, wantedBuilds, type NewBuild } from "./wanted-builds.ts";

export interface SchedulePorts {
  readonly git: Git;
  readonly platform: Platform;
  readonly upstreams: Upstreams;
  /** Where reviews are, or why there are none. */
  readonly forge: Forge | SluiceError;
  readonly now: () => Date;
  /** Told what is going on, for people. */
  readonly progress: (what: string) => void;
  readonly checkpoint?: Checkpoint | undefined;
}

/** What a half-hourly run is going to do, and why. */
export interface OnSchedulePlan {
  readonly line: MainLine;
  readonly range: Omit<CommitRange, "commits"> & { readonly commits: number };
  /** What was decided about recipes, and about commits of VCS sources; unchanged ones too. */
  readonly updates: readonly UpdateDecision[];
  readonly commits: readonly CommitDecision[];
  /** What changes in main, by path. */
  readonly changes: FileChanges;
  /** Packages that change in main, by name. */
  readonly changed: readonly string[];
  /** A pipeline's commit at the tip of main, which the new one takes the place of. */
  readonly replaces: ReplacedCommit | undefined;
  /** What becomes of reviews; or why nothing does. */
  readonly reviews: UpdateReviews | SluiceError;
  readonly builds: readonly WantedBuild[];
  readonly removals: readonly ScheduledRemoval[];
  /** Packages with something new that are built only on their own trigger. */
  readonly unscheduled: readonly NewBuild[];
  readonly stateBranch: StateBranch;
  /** Without what waits for a review to be opened. */
  readonly state: State;
  /** What is remembered of a package once its update is up for review. */
  readonly heldStates: ReadonlyMap<string, PackageState>;
  /** As they are after this run. */
  readonly workspace: Workspace;
  readonly tree: DependencyTree;
}

/**
 * Looks at where main is and at all upstreams, and decides; nothing is changed yet.
 *
 * @throws SluiceError `scheduled-tag` where nothing was ever scheduled, and what `readMainLine` and on-commit throw
 */
export async function planOnSchedule(ports: SchedulePorts): Promise<OnSchedulePlan> {
  const { git, platform, upstreams, now, progress } = ports;
  progress("looking at main");
  const line = await readMainLine(git, platform);
  const { commits: newCommits, ...range } = await rangeSinceTag(git, line);
  const [{ after: side, decisions }, stateBranch] = await Promise.all([
    decideSince(git, { ...range, commits: newCommits }),
    readState(git, line.state),
  ]);
  const { state } = stateBranch;
  const trustedMaintainers = await readTrusted(git, line.head);
  const search = { git, side, state, trustedMaintainers, upstreams, now: now(), progress };
  const [updates, before] = await Promise.all([
    findUpdates(search),
    findCommits(upstreams, side.workspace.packages.values(), state),
  ]);

  const taken = updates.filter((decision) => decision.kind === "take");
  const workspace = workspaceAfter(side.workspace, taken, []);
  // A new recipe may follow other commits than those that were just asked about.
  const moved = new Set(taken.map(({ pkgbase }) => pkgbase));
  const again = [...workspace.packages.values()].filter(({ pkgbase }) => moved.has(pkgbase));
  const commits = [
    ...before.filter(({ pkgbase }) => !moved.has(pkgbase)),
    ...(await findCommits(upstreams, again, state)),
  ];

  const tree = treeOf(workspace, defaultArch);
  progress("looking at reviews");
  const reviews = await planUpdateReviews({ line, side, tree, state, updates, now: now() }, ports);
  const changes = changesOfMain(side, taken, []);
  const refusals = reviews instanceof SluiceError ? undefined : reviews.plan.refusals;
  const replaces = changes.size > 0 ? await replacedCommit(git, line, side) : undefined;
  return {
    line,
    range: { ...range, commits: newCommits.length },
    updates,
    commits,
    changes,
    changed: taken.map(({ pkgbase }) => pkgbase),
    replaces,
    reviews,
    ...wantedBuilds(workspace, decisions, newBuilds(workspace, updates, commits)),
    removals: decisions.flatMap((decision) => (decision.kind === "remove" ? [withoutKind(decision)] : [])),
    stateBranch,
    state: nextState(state, workspace, updates, commits, refusals),
    heldStates: new Map(
      updates.flatMap((decision) => (decision.kind === "hold" ? [[decision.pkgbase, decision.state]] : [])),
    ),
    workspace,
    tree,
  };
}

/** Without the tag there is no telling what was scheduled and what wasn't. */
async function rangeSinceTag(git: Git, { head, tag }: MainLine): Promise<CommitRange> {
  if (tag) return commitRangeTo(git, head, tag);
  throw new SluiceError("scheduled-tag", "there is no tag `scheduled`: nothing was ever scheduled here", {
    hint: "Run `sluice on-commit` first; [deploy all] in the newest commit's message asks for every package.",
    facts: { ref: scheduledTag },
    exitCode: 1,
  });
}

/** `.ci/aur-maintainers`: one account per line. */
async function readTrusted(git: Git, commit: string): Promise<ReadonlySet<string>> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:.ci/aur-maintainers`]);
  const lines = (ok ? stdout : "").split("\n").map((line) => line.trim());
  return new Set(lines.filter((line) => line !== "" && !line.startsWith("#")));
}
