import { parseRelation } from "../../alpm/relation.ts";
import { relationFields, relationsOf, type PackageRelations } from "../../deptree/relations.ts";
import { buildTree } from "../../deptree/tree.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/** What is wrong between packages since a change, and wasn't before. */
export type DependencyProblem =
  | {
      readonly kind: "cycle";
      readonly packages: readonly string[];
      readonly broken: readonly { readonly from: string; readonly to: string }[];
    }
  | {
      /** Nothing of the workspace provides any more what a package needs. */
      readonly kind: "lost-provider";
      readonly pkgbase: string;
      readonly name: string;
      readonly field: string;
      /** Who provided it before. */
      readonly providers: readonly string[];
    }
  | { readonly kind: "made-twice"; readonly pkgname: string; readonly packages: readonly string[] };

export function dependencyProblems(before: Workspace, after: Workspace): DependencyProblem[] {
  const [old, now] = [before, after].map(relationsIn) as [PackageRelations[], PackageRelations[]];
  return [...newCycles(old, now), ...lostProviders(old, now), ...madeTwice(old, now)];
}

function relationsIn({ packages, config }: Workspace): PackageRelations[] {
  const fields = relationFields(config.CI_ARCHES[0]!);
  return [...packages.values()].map(({ pkgbase, srcinfo }) => relationsOf(pkgbase, srcinfo, fields));
}

/** A cycle that only got smaller is none. */
function newCycles(old: readonly PackageRelations[], now: readonly PackageRelations[]): DependencyProblem[] {
  const known = buildTree(old).cycles.map(({ packages }) => new Set(packages));
  return buildTree(now)
    .cycles.filter(({ packages }) => !known.some((cycle) => packages.every((name) => cycle.has(name))))
    .map(({ packages, broken }) => ({ kind: "cycle", packages, broken }));
}

function lostProviders(
  old: readonly PackageRelations[],
  now: readonly PackageRelations[],
): DependencyProblem[] {
  const [before, after] = [owners(old, providedNames), owners(now, providedNames)];
  return now.flatMap(({ pkgbase, dependencies }) =>
    dependencies.flatMap(({ field, texts }) =>
      texts.flatMap((text): DependencyProblem[] => {
        const { name } = parseRelation(text);
        const providers = before.get(name);
        if (!providers || after.has(name)) return [];
        return [{ kind: "lost-provider", pkgbase, name, field, providers }];
      }),
    ),
  );
}

function providedNames({ pkgnames, provides }: PackageRelations): string[] {
  return [...pkgnames, ...provides.map((text) => parseRelation(text).name)];
}

function madeTwice(old: readonly PackageRelations[], now: readonly PackageRelations[]): DependencyProblem[] {
  const before = owners(old, ({ pkgnames }) => pkgnames);
  return [...owners(now, ({ pkgnames }) => pkgnames)]
    .filter(([name, packages]) => packages.length > 1 && !isSubset(packages, before.get(name)))
    .map(([pkgname, packages]) => ({ kind: "made-twice", pkgname, packages }));
}

function isSubset(some: readonly string[], all: readonly string[] | undefined): boolean {
  return all !== undefined && some.every((name) => all.includes(name));
}

/** Name → the packages that have it, each once. */
function owners(
  packages: readonly PackageRelations[],
  namesOf: (pkg: PackageRelations) => readonly string[],
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const pkg of packages) {
    for (const name of new Set(namesOf(pkg))) {
      const known = found.get(name);
      if (known) known.push(pkg.pkgbase);
      else found.set(name, [pkg.pkgbase]);
    }
  }
  return found;
}
