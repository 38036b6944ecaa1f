import { parseSrcinfo } from "../../tools/alpm/srcinfo.ts";
import { relationFields, relationsOf, type PackageRelations } from "../../tools/deptree/relations.ts";
import { buildTree, type DependencyTree } from "../../tools/deptree/tree.ts";
import { srcinfoText } from "./workspace.ts";

/** pkgbase → lines of its `.SRCINFO`: `depends = foo`; `pkgname = x` begins a section. */
export type Recipes = Readonly<Record<string, readonly string[]>>;

export function relationsFrom(recipes: Recipes): PackageRelations[] {
  const fields = relationFields("x86_64");
  return Object.entries(recipes).map(([pkgbase, lines]) => {
    const isSplit = lines.some((line) => line.startsWith("pkgname = "));
    const text = srcinfoText(pkgbase, { lines, ...(isSplit && { pkgnames: [] }) });
    return relationsOf(pkgbase, parseSrcinfo(text), fields);
  });
}

export function treeFrom(recipes: Recipes, distribution?: readonly string[]): DependencyTree {
  return buildTree(relationsFrom(recipes), distribution && new Set(distribution));
}
