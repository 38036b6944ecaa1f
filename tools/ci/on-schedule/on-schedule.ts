import type { DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import type { FileChanges } from "../../git/change-files.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import type { Git } from "../../git/git.ts";
import type { ScheduledRemoval } from "../../schedule/schedule.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import { readState, type State, type StateBranch } from "../../workspace/state/state.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import { treeOf, type Workspace } from "../../workspace/workspace.ts";
import { commitRangeTo, scheduledTag, type CommitRange } from "../pipeline/commit-range.ts";
import { findCommits, type CommitDecision } from "../updates/find-commits.ts";
import { findUpdates } from "../updates/find-updates.ts";
import type { UpdateDecision } from "../updates/decide-update.ts";
import { withHistories } from "../evidence/held-evidence.ts";
import { findReleases, releasedProjects, type ReleasesFound } from "../updates/find-releases.ts";
import { findNeeds, type NeedsFound } from "../needs/find-needs.ts";
import { planLibraryRebuilds, type LibraryRebuilds } from "../updates/library-rebuilds.ts";
import { publishedVersions } from "../updates/published-versions.ts";
import {
  planTriggeredRebuilds,
  readRebuildOn,
  type TriggeredRebuilds,
} from "../updates/triggered-rebuilds.ts";
import {
  bumpedConfigs,
  changesOfMain,
  replacedCommit,
  workspaceAfter,
  type ReplacedCommit,
} from "./main-changes.ts";
import { nextState } from "./next-state.ts";
import { readWorkspaceRefs, type WorkspaceRefs } from "../pipeline/workspace-refs.ts";
import { decideSince, withoutKind } from "../on-commit/decide-since.ts";
import { planUpdateReviews, type UpdateReviews } from "./update-reviews.ts";
import { newBuilds, wantedBuilds, type NewBuild } from "./wanted-builds.ts";

/** What a half-hourly run is going to do, and why. */
export interface OnSchedulePlan {
  readonly refs: WorkspaceRefs;
  readonly range: Omit<CommitRange, "commits"> & { readonly commits: number };
  /** What was decided about recipes, and about commits of VCS sources; unchanged ones too. */
  readonly updates: readonly UpdateDecision[];
  readonly commits: readonly CommitDecision[];
  readonly rebuilds: Pick<LibraryRebuilds, "bumps" | "skipped"> & Pick<TriggeredRebuilds, "failed">;
  /** What published packages need that is gone. */
  readonly needs: NeedsFound;
  readonly databases: readonly DatabaseSighting[];
  /** What is new of projects, each with the lock files that it changes. */
  readonly releases: ReleasesFound;
  /** What changes in main, by path. */
  readonly changes: FileChanges;
  /** Packages and projects that change in main, by name. */
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
 * @throws SluiceError `scheduled-tag` where nothing was ever scheduled, and what `readWorkspaceRefs` and on-commit throw
 */
export async function planOnSchedule(ports: SchedulePorts): Promise<OnSchedulePlan> {
  const { git, platform, now, progress } = ports;
  progress("looking at main");
  const refs = await readWorkspaceRefs(git, platform);
  const { commits: newCommits, ...range } = await rangeSinceTag(git, refs);
  const [{ after: side, decisions }, stateBranch] = await Promise.all([
    decideSince(git, { ...range, commits: newCommits }),
    readState(git, refs.state),
  ]);
  const { state } = stateBranch;
  const trustedMaintainers = await readTrusted(git, refs.head);
  const takenOverAt = state.run.known ? undefined : await readWatermark(git, refs.head);
  const rebuildOn = await readRebuildOn(git, side);
  const memory = { etag: state.run.aurEtag, takenOverAt, databases: databasesOf(state, rebuildOn) };
  const upstreams = ports.upstreams(side.workspace.config, memory);
  const search = { git, head: refs.head, side, state, trustedMaintainers, upstreams, now: now(), progress };
  const [updates, before, databases, rebuildSightings, releases] = await Promise.all([
    findUpdates(search),
    findCommits(upstreams, side.workspace.packages.values(), state),
    upstreams.libraries(side.workspace.config.CI_LIB_DB, memory.databases),
    upstreams.rebuildsOn(rebuildOn),
    findReleases(git, refs.head, upstreams, state, now()),
  ]);

  const taken = updates.filter((decision) => decision.kind === "take");
  const moved = new Set(taken.map(({ pkgbase }) => pkgbase));
  const ofLibraries = planLibraryRebuilds({
    // What has a new version is built with the new library anyway.
    packages: [...side.workspace.packages.values()].filter(({ pkgbase }) => !moved.has(pkgbase)),
    config: side.workspace.config,
    sightings: databases,
    versions: state.versions,
  });
  const triggered = planTriggeredRebuilds(
    side.workspace.packages,
    rebuildSightings,
    state.packages,
    publishedVersions(databases, side.workspace.config.BUILD_REPO, state.versions),
    new Map([
      ...taken.map(({ pkgbase }) => [pkgbase, undefined] as const),
      ...ofLibraries.bumps.map((bump) => [bump.pkgbase, bump] as const),
    ]),
  );
  const rebuilds = {
    ...ofLibraries,
    bumps: [...ofLibraries.bumps, ...triggered.bumps],
    skipped: [...ofLibraries.skipped, ...triggered.skipped],
    failed: triggered.failed,
  };
  const needs = await findNeeds({
    upstreams,
    packages: side.workspace.packages,
    config: side.workspace.config,
    state: state.needs,
    published: async (arch, known) => ports.published?.(side.workspace.config, upstreams, arch, known),
    head: refs.head,
    rebuilt: new Set([...moved, ...rebuilds.bumps.map(({ pkgbase }) => pkgbase)]),
    now,
  });
  const bumps = [...needs.bumps, ...rebuilds.bumps];
  const configs = await bumpedConfigs(git, side, bumps);
  const workspace = workspaceAfter(side.workspace, taken, configs);
  // A new recipe may follow other commits than those that were just asked about.
  const again = [...workspace.packages.values()].filter(({ pkgbase }) => moved.has(pkgbase));
  const commits = [
    ...before.filter(({ pkgbase }) => !moved.has(pkgbase)),
    ...(await findCommits(upstreams, again, state)),
  ];

  const tree = treeOf(workspace, workspace.config.CI_ARCHES[0]!);
  progress("looking at reviews");
  const held = updates.flatMap((decision) =>
    decision.kind === "hold" ? [{ pkgbase: decision.pkgbase, digest: decision.update.digest }] : [],
  );
  const place = { git, head: refs.head, workspace: side.workspace, state, now: now() };
  const evidence = await withHistories(state.evidence, held, place);
  const known = { ...state, evidence };
  const reviews = await planUpdateReviews({ refs, side, tree, state: known, updates, now: now() }, ports);
  const changes = new Map([...changesOfMain(side, taken, configs), ...releases.changes]);
  const refusals = reviews instanceof SluiceError ? undefined : reviews.plan.refusals;
  const refused = reviews instanceof SluiceError ? [] : reviews.refused;
  const replaces = changes.size > 0 ? await replacedCommit(git, refs, side) : undefined;
  return {
    refs,
    range: { ...range, commits: newCommits.length },
    updates,
    commits,
    changes,
    changed: [...[...taken, ...bumps].map(({ pkgbase }) => pkgbase), ...releasedProjects(releases)].sort(),
    rebuilds,
    needs,
    databases,
    releases,
    replaces,
    reviews,
    ...wantedBuilds(workspace, decisions, newBuilds(workspace, updates, commits, bumps)),
    removals: decisions.flatMap((decision) => (decision.kind === "remove" ? [withoutKind(decision)] : [])),
    stateBranch,
    state: nextState(known, workspace, {
      updates,
      commits,
      rebuilds,
      needs: needs.state,
      releases: releases.seen,
      checks: releases.checks,
      refusals,
      refused,
      now: now(),
      rebuiltFor: triggered.rebuiltFor,
      replaces,
      aurEtag: upstreams.aurEtag(),
    }),
    heldStates: new Map(
      updates.flatMap((decision) => (decision.kind === "hold" ? [[decision.pkgbase, decision.state]] : [])),
    ),
    workspace,
    tree,
  };
}

/** All is read again where something of it is asked for the first time: what is missing since then is needed by nothing. */
function databasesOf(
  { packages, run }: State,
  rebuildOn: readonly { readonly pkgbase: string }[],
): readonly unknown[] {
  const isNew = rebuildOn.some(({ pkgbase }) => packages.get(pkgbase)?.rebuiltFor === undefined);
  return isNew ? [] : run.databases;
}

/** Without the tag it isn't known what was scheduled. */
async function rangeSinceTag(git: Git, { head, tag }: WorkspaceRefs): Promise<CommitRange> {
  if (tag) return commitRangeTo(git, head, tag);
  throw new SluiceError("scheduled-tag", "there is no tag `scheduled`: nothing was ever scheduled here", {
    hint: "Run `sluice on-commit` first; [deploy all] in the newest commit's message asks for every package.",
    facts: { ref: scheduledTag },
    exitCode: 1,
  });
}

/** Up to when Chaotic-AUR's pipelines followed the AUR, in seconds since 1970: `.ci/aur-state`. */
async function readWatermark(git: Git, commit: string): Promise<number | undefined> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:.ci/aur-state`]);
  return ok && /^\d{1,12}\s*$/.test(stdout) ? Number(stdout) : undefined;
}

/** `.ci/aur-maintainers`: one account per line. */
export async function readTrusted(git: Git, commit: string): Promise<ReadonlySet<string>> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:.ci/aur-maintainers`]);
  const lines = (ok ? stdout : "").split("\n").map((line) => line.trim());
  return new Set(lines.filter((line) => line !== "" && !line.startsWith("#")));
}
