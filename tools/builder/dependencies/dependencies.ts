import type { DatabaseEntry } from "../../alpm/database.ts";
import { parseRelation } from "../../alpm/relation.ts";
import { satisfies } from "../../alpm/vercmp.ts";

/** Where the packages that a build needs come from. */
export interface ResolvedDependencies {
  /** Published packages to install, with all that they need of the published ones. */
  readonly install: readonly DatabaseEntry[];
  /** What the published repository doesn't have, as written: the distribution's. */
  readonly others: readonly string[];
}

/**
 * Finds each dependency, and what it needs in turn, among the published packages: by name, else by provides, as
 * pacman does, the versions considered.
 */
export function resolveDependencies(
  wanted: readonly string[],
  published: readonly DatabaseEntry[],
): ResolvedDependencies {
  const byName = new Map(published.map((entry) => [entry.name, entry]));
  const install = new Map<string, DatabaseEntry>();
  const others = new Set<string>();
  const queue = [...wanted];
  const seen = new Set<string>();
  for (const text of queue) {
    if (seen.has(text)) continue;
    seen.add(text);
    const entry = findProvider(text, byName, published);
    if (!entry) others.add(text);
    else if (!install.has(entry.name)) {
      install.set(entry.name, entry);
      queue.push(...entry.depends);
    }
  }
  return { install: [...install.values()], others: [...others] };
}

/** Whether some published package satisfies a dependency as written, `foo>=1:2.0`. */
export function findProvider(
  text: string,
  byName: ReadonlyMap<string, DatabaseEntry>,
  published: readonly DatabaseEntry[],
): DatabaseEntry | undefined {
  const relation = parseRelation(text);
  const literal = byName.get(relation.name);
  if (literal && satisfies(literal.version, relation)) return literal;
  return published.find(({ provides }) =>
    provides.some((offer) => {
      const { name, version } = parseRelation(offer);
      return name === relation.name && satisfies(version, relation);
    }),
  );
}
