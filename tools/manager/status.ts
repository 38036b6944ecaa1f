import type { Queue, BuildStatus, PendingBuild } from "../queue/queue.ts";
import { readSnapshot } from "../pkgrepo/snapshot.ts";
import type { BuildingPlace } from "./installation.ts";
import { failingPackages, type Failing } from "./builds/failing.ts";
import { comparableRecords, completePackages } from "./reconcile/complete-packages.ts";
import { difference } from "./reconcile/reconcile.ts";
import type { Revision, Revisions } from "./reconcile/revision.ts";

/** Where one installation stands, against one commit. Times are in milliseconds since 1970. */
export interface BuildingStatus {
  /** Packages whose last build failed, and that nobody has scheduled since. */
  readonly failing: readonly Failing[];
  /** What is being built, waits or is blocked. */
  readonly pending: readonly PendingBuild[];
  /** Packages that aren't published as the commit has them, and neither failed nor wait. */
  readonly unscheduled: readonly { readonly pkgbase: string; readonly reason: string }[];
  /** Packages of the commit that are published as it has them. */
  readonly published: number;
  /** Undefined before the first publish. */
  readonly lastPublished: number | undefined;
}

type Where = Pick<BuildingPlace["repository"], "root" | "name" | "arch">;

/** @param queue undefined where nothing was ever queued */
export async function readBuildingStatus(
  queue: Queue | undefined,
  { repository, revisions }: { readonly repository: Where; readonly revisions: Revisions },
  head: Revision,
): Promise<BuildingStatus> {
  const { packages } = head.workspace;
  const state = await queue?.state();
  const pending = (state?.builds ?? []).filter(({ target }) => target === repository.name);
  const isPending = new Set(pending.map(({ pkgbase }) => pkgbase));
  const failing = (queue ? await failingPackages(queue, repository.name) : []).filter(
    ({ pkgbase }) => packages.has(pkgbase) && !isPending.has(pkgbase),
  );
  const failed = new Set(failing.map(({ pkgbase }) => pkgbase));
  const published = await comparableRecords(revisions, head, await completePackages(repository));
  const { builds } = difference(head, published);
  const missing = new Set(builds.map(({ pkgbase }) => pkgbase));
  return {
    failing,
    pending,
    unscheduled: builds.filter(({ pkgbase }) => !isPending.has(pkgbase) && !failed.has(pkgbase)),
    published: [...packages.keys()].filter((pkgbase) => !missing.has(pkgbase)).length,
    lastPublished: (await readSnapshot(repository))?.time.getTime(),
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
