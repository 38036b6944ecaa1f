import type { DependencyTree } from "../deptree/tree.ts";
import type { Schedule, ScheduledRemoval } from "./schedule.ts";

/** A build that a pipeline decided on. */
export interface WantedBuild {
  readonly pkgbase: string;
  readonly class: string | null;
  readonly reason: string;
  /**
   * Upstream commits that it is to be made from; none: main's recipe alone counts. Where the published packages were
   * made from all that, there is nothing to build. Undefined: it is built anyway.
   */
  readonly upstream?: readonly string[] | undefined;
  /** How many published packages wait for it in some way; the larger ones come first where nothing else orders them. */
  readonly effect?: number;
}

/** Puts decisions into the form of `.ci/schedule.json`: builds in build order, each with what it needs. */
export function composeSchedule(
  header: Omit<Schedule, "version" | "builds" | "removals">,
  tree: DependencyTree,
  wanted: readonly WantedBuild[],
  removals: readonly ScheduledRemoval[],
): Schedule {
  const byName = new Map(wanted.map((build) => [build.pkgbase, build]));
  const effectOf = (pkgbase: string): number => byName.get(pkgbase)?.effect ?? 0;
  const order = tree.levels.flatMap((level) => level.toSorted((a, b) => effectOf(b) - effectOf(a)));
  const builds = order.flatMap((pkgbase) => {
    const build = byName.get(pkgbase);
    if (!build) return [];
    const { pkgnames } = tree.packages.get(pkgbase)!;
    const needs = tree.needs.get(pkgbase)!;
    return [
      { pkgbase, class: build.class, pkgnames: [...pkgnames], needs: [...needs], reason: build.reason },
    ];
  });
  return { version: 1, ...header, builds, removals: [...removals] };
}
