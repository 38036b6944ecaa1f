import type { Queue, BuildStatus, PendingBuild } from "../queue/queue.ts";
import { readSnapshot } from "../pkgrepo/snapshot.ts";
import type { Git } from "../git/git.ts";
import type { RepositoryConfig } from "../workspace/config/config.ts";
import type { BuildingPlace } from "./installation.ts";
import { failingPackages, type Failing } from "./builds/failing.ts";
import { publishedAs } from "./reconcile/complete-packages.ts";
import { whyBuild } from "./reconcile/reconcile.ts";
import { releaseOf } from "./releases/record/release-key.ts";
import { commitsOf, revisionsOf, type Revisions } from "./reconcile/revision.ts";

/** Where one installation stands, against one commit. Times are in milliseconds since 1970. */
export interface BuildingStatus {
  /** Packages whose last build failed, and that nobody has scheduled since. */
  readonly failing: readonly Failing[];
  /** What is being built, waits or is blocked. */
  readonly pending: readonly PendingBuild[];
  /** The same of the jobs of releases. */
  readonly pendingReleases: readonly PendingBuild[];
  /** Packages that aren't published as the commit has them. */
  readonly outdated: readonly Outdated[];
  /** Those of them that neither failed nor wait, also not for a trigger. */
  readonly unscheduled: readonly Outdated[];
  /** Packages of the commit that are published as it has them, for all architectures that they are built for here. */
  readonly published: number;
  /** Packages of the commit that are missing and that nobody is to build now. */
  readonly resting: {
    /** They wait for a trigger of their own. */
    readonly onTrigger: number;
    /** They are for other architectures alone. */
    readonly foreign: number;
  };
  /** Undefined before the first publish. */
  readonly lastPublished: number | undefined;
}

/** Why a package isn't published as main has it, for one architecture. */
export interface Outdated {
  readonly pkgbase: string;
  readonly arch: string;
  readonly reason: string;
}

/** Where one architecture of a repository is published, for those who only look. */
export interface PublishedPlace {
  readonly repository: Pick<BuildingPlace["repository"], "root" | "name" | "arch">;
  readonly revisions: Revisions;
  /** Of the first architecture: those of the others. */
  readonly others?: readonly PublishedPlace[];
}

/** The first architecture's comes first. */
export type PublishedPlaces = readonly [PublishedPlace, ...PublishedPlace[]];

/** @param root the folder that holds the repositories */
export function publishedPlaces(
  git: Git,
  root: string,
  { BUILD_REPO: name, CI_ARCHES }: Pick<RepositoryConfig, "BUILD_REPO" | "CI_ARCHES">,
): PublishedPlaces {
  const commits = commitsOf(git);
  const [first, ...others] = CI_ARCHES.map((arch) => ({
    repository: { root, name, arch },
    revisions: revisionsOf(git, arch, commits),
  }));
  return [{ ...first!, others }, ...others];
}

/**
 * @param queue undefined where nothing was ever queued
 * @param commit which the published packages are compared with
 */
export async function readBuildingStatus(
  queue: Queue | undefined,
  places: PublishedPlaces,
  commit: string,
): Promise<BuildingStatus> {
  const [{ repository }] = places;
  const state = await queue?.state();
  const pending = (state?.builds ?? []).filter(({ target }) => target === repository.name);
  const known = queue ? await failingPackages(queue, repository.name) : [];
  const failing: Failing[] = [];
  const outdated: Outdated[] = [];
  const unscheduled: Outdated[] = [];
  const onTrigger = new Set<string>();
  const built = new Set<string>();
  let lastPublished: number | undefined;
  for (const place of places) {
    const { arch } = place.repository;
    const revision = await place.revisions.at(commit);
    const isPending = new Set(pending.filter((build) => build.arch === arch).map(({ pkgbase }) => pkgbase));
    const own = known.filter(
      (one) => one.arch === arch && revision.isBuiltHere(one.pkgbase) && !isPending.has(one.pkgbase),
    );
    const failed = new Set(own.map(({ pkgbase }) => pkgbase));
    const records = await publishedAs(place, revision);
    failing.push(...own);
    for (const { pkgbase, config } of revision.workspace.packages.values()) {
      built.add(pkgbase);
      if (!revision.isBuiltHere(pkgbase)) continue;
      const reason = whyBuild(revision.identity(pkgbase)!, records.get(pkgbase));
      if (reason === undefined) continue;
      outdated.push({ pkgbase, arch, reason });
      if (isPending.has(pkgbase) || failed.has(pkgbase)) continue;
      if (config.CI_ON_TRIGGER === "") unscheduled.push({ pkgbase, arch, reason });
      else onTrigger.add(pkgbase);
    }
    const published = (await readSnapshot(place.repository))?.time.getTime();
    lastPublished = Math.max(published ?? 0, lastPublished ?? 0) || undefined;
  }
  const { packages } = (await places[0].revisions.at(commit)).whole;
  const missing = new Set(outdated.map(({ pkgbase }) => pkgbase));
  return {
    failing,
    pending,
    pendingReleases: (state?.builds ?? []).filter((build) => releaseOf(build)),
    outdated,
    unscheduled,
    published: [...built].filter((pkgbase) => !missing.has(pkgbase)).length,
    resting: { onTrigger: onTrigger.size, foreign: packages.size - built.size },
    lastPublished,
  };
}

/**
 * A build's status in a few words.
 *
 * @param moment how a time is written, in milliseconds since 1970; without it, times are left out
 */
export function describeStatus(status: BuildStatus, moment?: (time: number) => string): string {
  switch (status.kind) {
    case "ready":
      return "ready";
    case "held":
      return `held: ${status.why}`;
    case "waiting":
      return `waits for ${status.for.join(", ")}`;
    case "delayed":
      return `lost, tried again ${moment ? `at ${moment(status.until)}` : "soon"}`;
    case "blocked":
      return `blocked by ${status.causes.map(({ pkgbase, outcome }) => `${pkgbase} (${outcome})`).join(", ")}`;
    case "active":
      return `${status.cancelling ? "is being stopped" : "is building"} on ${status.worker}${moment ? ` since ${moment(status.startedAt)}` : ""}`;
  }
}
