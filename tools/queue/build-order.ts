/** A queued build as the order sees it. Numbers stand for packages. */
export interface OrderedBuild {
  readonly pkgbase: string;
  /** The number of its submission: the higher, the later. */
  readonly submission: number;
  /** Needs outside the map are ignored. */
  readonly needs: readonly number[];
}

export interface BuildOrder {
  /** Every build after all that it needs. */
  readonly order: readonly number[];
  /** Needs that were ignored because they closed a cycle. */
  readonly dropped: readonly DroppedNeed[];
}

export interface DroppedNeed {
  readonly build: number;
  readonly need: number;
  /** Each needs the next, the last needs the first. */
  readonly cycle: readonly number[];
}

/**
 * Orders builds by their needs in linear time. Where a cycle stands in the way, the need of its oldest
 * submission is dropped, since newer recipes know better, and among equals the first by name.
 */
export function buildOrder(builds: ReadonlyMap<number, OrderedBuild>): BuildOrder {
  const open = new Map<number, Set<number>>();
  const neededBy = new Map<number, number[]>();
  for (const [build, { needs }] of builds) {
    const known = new Set(needs.filter((need) => builds.has(need)));
    open.set(build, known);
    for (const need of known) listOf(neededBy, need).push(build);
  }

  const order = [...open].filter(([, needs]) => needs.size === 0).map(([build]) => build);
  const dropped: DroppedNeed[] = [];
  let done = 0;
  let byName: number[] | undefined;
  for (;;) {
    for (; done < order.length; done++) {
      const build = order[done]!;
      open.delete(build);
      for (const dependent of neededBy.get(build) ?? []) settle(dependent, build);
    }
    if (open.size === 0) return { order, dropped };
    byName ??= [...open.keys()].sort((a, b) => compareNames(builds, b, a));
    while (!open.has(byName.at(-1)!)) byName.pop();
    const drop = stalest(builds, findCycle(byName.at(-1)!, open));
    dropped.push(drop);
    settle(drop.build, drop.need);
  }

  function settle(build: number, need: number): void {
    const needs = open.get(build);
    if (needs?.delete(need) && needs.size === 0) order.push(build);
  }
}

/** Follows needs until one comes up again: every open build has an open need. */
function findCycle(start: number, open: ReadonlyMap<number, ReadonlySet<number>>): number[] {
  const path: number[] = [];
  const seen = new Map<number, number>();
  let build = start;
  while (!seen.has(build)) {
    seen.set(build, path.length);
    path.push(build);
    build = open.get(build)!.values().next().value!;
  }
  return path.slice(seen.get(build));
}

function stalest(builds: ReadonlyMap<number, OrderedBuild>, cycle: readonly number[]): DroppedNeed {
  const [build] = cycle.toSorted(
    (a, b) => builds.get(a)!.submission - builds.get(b)!.submission || compareNames(builds, a, b),
  );
  const at = cycle.indexOf(build!);
  const rotated = [...cycle.slice(at), ...cycle.slice(0, at)];
  return { build: build!, need: rotated[1] ?? build!, cycle: rotated };
}

function compareNames(builds: ReadonlyMap<number, OrderedBuild>, a: number, b: number): number {
  const [left, right] = [builds.get(a)!.pkgbase, builds.get(b)!.pkgbase];
  return left < right ? -1 : left > right ? 1 : 0;
}

function listOf(lists: Map<number, number[]>, key: number): number[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
