import type { CurrentState } from "./current-state.ts";
import { versionOf } from "./package-facts.ts";
import { worstOf, type Standing } from "./standings.ts";

/** A package of main, or one that is published, with how it stands. */
export interface FoundPackage {
  readonly pkgbase: string;
  readonly pkgnames: readonly string[];
  readonly version: string | null;
  readonly published: string | null;
  readonly state: Standing["state"];
  readonly why: string;
}

/**
 * All packages of main and all that are published whose name, or that of what they make, has `search` in it, whatever
 * its case: first those that are called so, then those that begin so.
 */
export function findPackages(
  { heads, snapshots }: Pick<CurrentState, "heads" | "snapshots">,
  search: string,
  limit: number,
  standingsOf: (pkgbase: string) => readonly Standing[],
): { readonly total: number; readonly packages: readonly FoundPackage[] } {
  const whole = heads[0]!.whole.packages;
  const published = snapshots.flatMap(({ madeFrom }) => [...madeFrom.keys()]);
  const wanted = search.toLowerCase();
  const found = [...new Set([...whole.keys(), ...published])].flatMap((pkgbase) => {
    const names = namesOf(pkgbase);
    const rank = Math.min(...[pkgbase, ...names].map((name) => rankOf(name.toLowerCase(), wanted)));
    return rank === notFound ? [] : [{ pkgbase, names, rank }];
  });
  const sorted = found.sort((a, b) => a.rank - b.rank || (a.pkgbase < b.pkgbase ? -1 : 1));
  const packages = sorted.slice(0, limit).flatMap(({ pkgbase, names }): FoundPackage[] => {
    const standings = standingsOf(pkgbase);
    const worst = worstOf(standings);
    if (!worst) return [];
    const versions = new Set(standings.flatMap((one) => one.version ?? []));
    return [
      {
        pkgbase,
        pkgnames: names,
        version: versionOf(whole.get(pkgbase)),
        published: versions.size === 0 ? null : [...versions].join(", "),
        state: worst.state,
        why: worst.why,
      },
    ];
  });
  return { total: found.length, packages };

  function namesOf(pkgbase: string): readonly string[] {
    for (const { tree } of heads) {
      const node = tree.packages.get(pkgbase);
      if (node) return node.pkgnames;
    }
    const declared = whole.get(pkgbase)?.srcinfo?.packages.map(({ pkgname }) => pkgname);
    return declared ?? snapshots.flatMap(({ madeFrom }) => madeFrom.get(pkgbase)?.pkgnames ?? []);
  }
}

const notFound = 3;

function rankOf(name: string, wanted: string): number {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.includes(wanted) ? 2 : notFound;
}
