import type { DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { lastChanges } from "../../git/history.ts";
import { ignoreFiles } from "../../git/ignore.ts";
import type { RefUpdate } from "../../git/push.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { ScheduleFile } from "../../schedule/files.ts";
import { allBuilds, type Schedule } from "../../schedule/schedule.ts";
import type { Checkpoint } from "../../steps.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { noRequests } from "../../workspace/state/requests.ts";
import { recipeIdentity, sameRecipe } from "../../workspace/identity.ts";
import { differingFolders, listFolders, readFolders, type CommitFolders } from "../../workspace/commit.ts";
import {
  parseWorkspace,
  requireValidConfig,
  type Workspace,
  type WorkspaceProblem,
} from "../../workspace/workspace.ts";
import { stateRef } from "../../workspace/refs.ts";
import {
  currentBranch,
  readCommitRange,
  requireCommitOfMain,
  requireMainBranch,
  type CommitRange,
} from "../pipeline/commit-range.ts";
import {
  alreadyPublishedNote,
  readSameVersionProblem,
  type PackageThen,
  type PublishedHere,
} from "../same-version.ts";
import { decide, type Comparison, type Decision, type Side } from "./decide.ts";
import type { Platform } from "../pipeline/platform.ts";
import { underCloneLock } from "../pipeline/clone-lock.ts";
import { requirePushed } from "../pipeline/local-clone.ts";
import { scheduleFor } from "../pipeline/compose-schedule.ts";
import { commitState } from "../pipeline/commit-state.ts";
import { nextRequests } from "../pipeline/next-requests.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { KeptMetadata } from "../../workspace/metadata/kept-metadata.ts";
import { readStateBranch } from "../pipeline/workspace-refs.ts";
import { lostRace, moveScheduledTag } from "./scheduled-tag.ts";
import { writeScheduleFiles } from "../pipeline/write-schedule.ts";

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
  const said = await whatBuildersWillSay(
    git,
    decided,
    await options.published?.(decided.after.workspace.config),
  );
  return assemble(range, decided.after.workspace, decided.decisions, said, platform, options.untaken);
}

interface Decided {
  readonly before: Side | undefined;
  readonly after: Side;
  readonly decisions: readonly Decision[];
}

/** Of what is scheduled: what builders will not begin, where that can be known before. */
async function whatBuildersWillSay(
  git: Git,
  { before, after, decisions }: Decided,
  published: PublishedHere,
): Promise<Pick<OnCommitPlan, "problems" | "notes">> {
  const problems: WorkspaceProblem[] = [];
  const notes: { pkgbase: string; message: string }[] = [];
  for (const { kind, pkgbase } of decisions) {
    const now = kind === "build" ? packageIn(after, pkgbase) : undefined;
    if (!now || (published && !published.has(pkgbase))) continue;
    const then = before && (packageIn(before, pkgbase) ?? (before.entries.has(pkgbase) ? now : undefined));
    if (!then) continue;
    if (sameRecipe(recipeIdentity(then.pkg, then.files), recipeIdentity(now.pkg, now.files))) {
      const message = alreadyPublishedNote(now, published);
      if (message !== undefined) notes.push({ pkgbase, message });
    } else {
      const problem = await readSameVersionProblem(git, then, now, after.workspace.packagesDir);
      if (problem) problems.push(problem);
    }
  }
  return { problems, notes };
}

/** Of the earlier commit only packages that differ were read. */
function packageIn({ entries, workspace }: Side, pkgbase: string): PackageThen | undefined {
  const [pkg, files] = [workspace.packages.get(pkgbase), entries.get(pkgbase)];
  return pkg && files && { pkg, files };
}

/** What a range of commits asks to build and to remove, and the packages as they are after it. */
export async function decideSince(git: Git, range: CommitRange): Promise<Decided> {
  const [comparison, changes] = await Promise.all([
    compare(git, range.from, range.head),
    lastChanges(git, range.commits),
  ]);
  requireValidConfig(comparison.after.workspace);
  refuseLostPackages(comparison);
  const { before, after } = comparison;
  return { before, after, decisions: decide(comparison, range.commits, (path) => changes.get(path)) };
}

/**
 * Writes the schedule files and moves the tag; if the tag can't be moved, the files are rolled back.
 *
 * @throws SluiceError `wrong-branch`, `write`, `lost-race`, and what pushing throws
 */
export function applyOnCommit(
  git: Git,
  platform: Platform,
  plan: OnCommitPlan,
  now: () => Date,
  checkpoint?: Checkpoint,
): Promise<void> {
  return underCloneLock(git, () => apply({ git, platform, now, checkpoint }, plan));
}

async function apply(
  ports: Pick<SchedulePorts, "git" | "platform" | "now" | "checkpoint">,
  plan: OnCommitPlan,
): Promise<void> {
  const { git, platform, checkpoint } = ports;
  const { range, files } = plan;
  const branch = await currentBranch(git, platform.branch);
  if (branch !== undefined) requireMainBranch(branch, range.defaultBranch);
  await requireCommitOfMain(git, range);
  await requirePushed(git, platform, range);
  await ignoreFiles(
    git,
    files.map(([path]) => path),
  );
  const written = writeScheduleFiles(git.dir, files, checkpoint);
  try {
    await moveTag(ports, plan);
  } catch (error) {
    // What may have come through has to be built.
    if (!(error instanceof SluiceError && error.code === "push-unknown")) written.undo();
    throw error;
  }
}

/**
 * Builders are asked in the same push for what main doesn't show, and what makepkg said goes along; what else changes
 * the state is waited out.
 */
async function moveTag(
  ports: Pick<SchedulePorts, "git" | "platform" | "now" | "checkpoint">,
  { range, builds, workspace }: OnCommitPlan,
): Promise<void> {
  if (range.tag?.id === range.head) return;
  const { git, platform, checkpoint } = ports;
  const isAsking = nextRequests(noRequests, workspace, builds, ports.now()) !== noRequests;
  const changesState = isAsking || KeptMetadata.of(git.dir).answers().size > 0;
  let said = "";
  for (let attempt = 1; attempt <= (changesState ? 3 : 1); attempt++) {
    const others = changesState ? await nextState(ports, workspace, builds) : [];
    const pushed = await moveScheduledTag(git, platform, range, others, checkpoint);
    if (pushed.kind === "pushed") return;
    ({ said } = pushed);
  }
  throw lostRace(said);
}

async function nextState(
  ports: Pick<SchedulePorts, "git" | "now">,
  workspace: Workspace,
  builds: readonly WantedBuild[],
): Promise<RefUpdate[]> {
  const branch = await readStateBranch(ports.git);
  const requests = nextRequests(branch.state.requests, workspace, builds, ports.now());
  const to = await commitState(ports, branch, { ...branch.state, requests }, workspace.config);
  return to === undefined || to === branch.commit ? [] : [{ ref: stateRef, expected: branch.commit, to }];
}

async function compare(git: Git, from: string | undefined, head: string): Promise<Comparison> {
  const after = await listFolders(git, head);
  const listBefore = async (commit: string): Promise<CommitFolders> =>
    commit === head ? after : listFolders(git, commit, after.packagesDir);
  const before = from === undefined ? undefined : await listBefore(from);
  const differing = before ? differingFolders(before, after) : new Set(after.entries.keys());
  const [sideBefore, sideAfter] = await Promise.all([
    before && readSide(git, before, differing),
    readSide(git, after),
  ]);
  return { before: sideBefore, after: sideAfter, differing };
}

/**
 * A packages folder that is elsewhere from one commit to the next and empty there is a mistake in the settings,
 * not the wish to remove every package.
 */
function refuseLostPackages({ before, after }: Comparison): void {
  const { packagesDir, packages } = after.workspace;
  if (!before || before.entries.size === 0) return;
  if (packages.size > 0 || before.workspace.packagesDir === packagesDir) return;
  throw new SluiceError(
    "no-packages",
    `${packagesDir} holds no packages; so far they were in ${before.workspace.packagesDir}`,
    {
      hint: "Set CI_PACKAGES_DIR in .ci/config to where they are. Nothing was scheduled or removed.",
      facts: { path: packagesDir },
    },
  );
}

async function readSide(git: Git, folders: CommitFolders, names?: ReadonlySet<string>): Promise<Side> {
  return { entries: folders.entries, workspace: parseWorkspace(await readFolders(git, folders, names)) };
}

function assemble(
  { commits, ...range }: CommitRange,
  workspace: Workspace,
  decisions: readonly Decision[],
  said: Pick<OnCommitPlan, "problems" | "notes">,
  platform: Platform,
  untaken: Schedule | undefined,
): OnCommitPlan {
  const kept = keptOf(untaken, workspace, decisions);
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

/** Of an earlier schedule what is neither decided anew nor moot. */
function keptOf(
  untaken: Schedule | undefined,
  { config, packages }: Workspace,
  decisions: readonly Decision[],
): Pick<Schedule, "builds" | "removals"> {
  if (!untaken || untaken.target !== config.BUILD_REPO) return { builds: [], removals: [] };
  const decided = new Set(decisions.flatMap(({ kind, pkgbase }) => (kind === "skip" ? [] : [pkgbase])));
  const isOpen = ({ pkgbase }: { readonly pkgbase: string }): boolean => !decided.has(pkgbase);
  return {
    builds: allBuilds(untaken).filter((build) => isOpen(build) && packages.has(build.pkgbase)),
    removals: untaken.removals.filter((removal) => isOpen(removal) && !packages.has(removal.pkgbase)),
  };
}

export function withoutKind<T extends { kind: string }>({ kind: _kind, ...rest }: T): Omit<T, "kind"> {
  return rest;
}
