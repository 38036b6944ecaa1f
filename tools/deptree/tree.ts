import { breakCycles, type Cycle, type Needs } from "./cycles.ts";
import { resolveGraph, type Edge } from "./graph.ts";
import type { PackageRelations } from "./relations.ts";

/** The whole dependency tree of a workspace. */
export interface DependencyTree {
  /** By pkgbase, sorted by name. */
  readonly packages: ReadonlyMap<string, TreePackage>;
  readonly cycles: readonly Cycle[];
  /** Whom each package waits for, cycles broken. */
  readonly needs: Needs;
  /** Level 0 needs nothing of the workspace; each further level needs only levels before it. */
  readonly levels: readonly (readonly string[])[];
  /** All packages, level after level, by name within a level. */
  readonly order: readonly string[];
}

export interface TreePackage {
  readonly pkgnames: readonly string[];
  readonly provides: readonly string[];
  readonly edges: readonly Edge[];
}

/** `distribution`: the package names of distribution databases, where there are any. */
export function buildTree(
  packages: readonly PackageRelations[],
  distribution?: ReadonlySet<string>,
): DependencyTree {
  const sorted = packages.toSorted((a, b) => (a.pkgbase < b.pkgbase ? -1 : a.pkgbase > b.pkgbase ? 1 : 0));
  const graph = resolveGraph(sorted, distribution);
  const { needs, levels, cycles } = breakCycles(graph);
  return {
    packages: new Map(
      sorted.map(({ pkgbase, pkgnames, provides }) => [
        pkgbase,
        { pkgnames, provides, edges: graph.get(pkgbase)! },
      ]),
    ),
    cycles,
    needs,
    levels,
    order: levels.flat(),
  };
}

/** Who directly needs `pkgbase`, by name. */
export function dependentsOf(tree: DependencyTree, pkgbase: string): string[] {
  return [...tree.packages]
    .filter(([, pkg]) => pkg.edges.some((edge) => edge.to === pkgbase))
    .map(([name]) => name);
}

/** The named packages and everything that they need, directly or not. */
export function dependencyClosure({ needs }: DependencyTree, names: Iterable<string>): ReadonlySet<string> {
  const closure = new Set(names);
  for (const pkgbase of closure) for (const need of needs.get(pkgbase) ?? []) closure.add(need);
  return closure;
}
