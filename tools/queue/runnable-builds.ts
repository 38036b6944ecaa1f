import type { PendingBuild } from "./queue.ts";

const keyOf = ({ target, arch }: PendingBuild, pkgbase: string): string => `${target} ${arch} ${pkgbase}`;

/** The builds that go on without a person: neither blocked nor held, nor waiting for one that is. */
export function runnableBuilds(builds: readonly PendingBuild[]): readonly PendingBuild[] {
  const stuck = new Set(
    builds
      .filter(({ status }) => status.kind === "blocked" || status.kind === "held")
      .map((build) => keyOf(build, build.pkgbase)),
  );
  for (let before = -1; before !== stuck.size;) {
    before = stuck.size;
    for (const build of builds) {
      const waits =
        build.status.kind === "waiting" && build.status.for.some((need) => stuck.has(keyOf(build, need)));
      if (waits) stuck.add(keyOf(build, build.pkgbase));
    }
  }
  return builds.filter((build) => build.status.kind === "active" || !stuck.has(keyOf(build, build.pkgbase)));
}
