import { parseRelation } from "../alpm/relation.ts";
import type { PackageRelations } from "./relations.ts";

/** One package needs another: `name` in its `field` is a pkgname or a `provides` of `to`. */
export interface Edge {
  readonly to: string;
  readonly name: string;
  readonly field: string;
  readonly via: "pkgname" | "provides";
  /** Operator and version as written (`>=1:2.0`), or null. */
  readonly constraint: string | null;
}

/** pkgbase → its edges, both in the order of the input. */
export type Graph = ReadonlyMap<string, readonly Edge[]>;

/**
 * Finds who provides what each package depends on. A literal pkgname wins over `provides`; a mere `provides`
 * makes no edge where the distribution has a package of that very name. A package doesn't need itself.
 */
export function resolveGraph(
  packages: readonly PackageRelations[],
  distribution: ReadonlySet<string> = new Set(),
): Graph {
  const makers = index(packages, (pkg) => pkg.pkgnames);
  const providers = index(packages, (pkg) => pkg.provides.map((text) => parseRelation(text).name));

  return new Map(packages.map((pkg) => [pkg.pkgbase, edgesOf(pkg)]));

  function edgesOf({ pkgbase, dependencies }: PackageRelations): Edge[] {
    const edges: Edge[] = [];
    for (const { field, texts } of dependencies) {
      for (const text of texts) {
        const { name, operator, version } = parseRelation(text);
        const literal = makers.get(name);
        const targets = literal ?? (distribution.has(name) ? undefined : providers.get(name));
        if (!targets) continue;
        const via = literal ? "pkgname" : "provides";
        const constraint = operator ? `${operator}${version}` : null;
        for (const to of targets) if (to !== pkgbase) edges.push({ to, name, field, via, constraint });
      }
    }
    return edges;
  }
}

function index(
  packages: readonly PackageRelations[],
  namesOf: (pkg: PackageRelations) => readonly string[],
): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const pkg of packages) {
    for (const name of namesOf(pkg)) {
      const known = owners.get(name);
      if (!known) owners.set(name, [pkg.pkgbase]);
      else if (known.at(-1) !== pkg.pkgbase) known.push(pkg.pkgbase);
    }
  }
  return owners;
}
