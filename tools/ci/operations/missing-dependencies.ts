import { defaultArch } from "../../alpm/names.ts";
import { parseRelation } from "../../alpm/relation.ts";
import { relationFields, relationsOf, type PackageRelations } from "../../deptree/relations.ts";
import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import type { Package } from "../../workspace/workspace.ts";

/** What a package needs and neither the workspace nor the distribution has. */
export interface MissingDependency {
  /** Who needs it. */
  readonly pkgbase: string;
  /** As its .SRCINFO names it, without a version. */
  readonly name: string;
}

/** @param distribution what the distribution has, as far as it's known */
export function missingDependencies(
  added: readonly Pick<Package, "pkgbase" | "srcinfo">[],
  present: Iterable<Pick<Package, "pkgbase" | "srcinfo">>,
  distribution: ReadonlySet<string>,
): MissingDependency[] {
  const fields = relationFields(defaultArch);
  const relationsIn = ({ pkgbase, srcinfo }: Pick<Package, "pkgbase" | "srcinfo">): PackageRelations =>
    relationsOf(pkgbase, srcinfo, fields);
  const own = added.map(relationsIn);
  const made = new Set([...[...present].map(relationsIn), ...own].flatMap(providedNames));
  return own.flatMap(({ pkgbase, dependencies }) => {
    const names = new Set(dependencies.flatMap(({ texts }) => texts.map((text) => parseRelation(text).name)));
    return [...names].flatMap((name) =>
      made.has(name) || distribution.has(name) ? [] : [{ pkgbase, name }],
    );
  });
}

function providedNames({ pkgnames, provides }: PackageRelations): string[] {
  return [...pkgnames, ...provides.map((text) => parseRelation(text).name)];
}

/** All names that databases have packages or provides of. */
export function namesIn(databases: readonly DatabaseSighting[]): Set<string> {
  const all = databases.flatMap((database) => (database.kind === "read" ? [...database.names.values()] : []));
  return new Set(all.flatMap(({ pkgnames, provides }) => [...pkgnames, ...provides]));
}
