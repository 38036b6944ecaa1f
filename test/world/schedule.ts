import type { Schedule } from "../../tools/schedule/schedule.ts";

interface Parts {
  readonly builds?: readonly {
    readonly pkgbase: string;
    readonly class?: string | null;
    readonly needs?: readonly string[];
  }[];
  readonly removals?: readonly string[];
  readonly source?: string;
  readonly target?: string;
}

/** A whole schedule of which a test says only what it is about. */
export function scheduleOf({
  builds = [],
  removals = [],
  source = "packages",
  target = "chaotic",
}: Parts): Schedule {
  return {
    version: 1,
    commit: "1".repeat(40),
    pipeline: { commit: "2".repeat(40), id: "77", url: null },
    arch: "x86_64",
    source,
    target,
    builds: builds.map(({ pkgbase, class: buildClass = null, needs = [] }) => ({
      pkgbase,
      class: buildClass,
      pkgnames: [pkgbase],
      needs: [...needs],
      reason: "test",
    })),
    removals: removals.map((pkgbase) => ({ pkgbase, pkgnames: [pkgbase], reason: "test" })),
  };
}
