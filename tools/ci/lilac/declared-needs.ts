import { dependencyClosure, type DependencyTree } from "../../deptree/tree.ts";
import type { Conversion } from "./convert.ts";

/** A package that `repo_depends` or `repo_makedepends` names, and that the tree doesn't wait for. */
export interface UndeclaredNeed {
  readonly pkgbase: string;
  readonly needs: string;
  readonly why: "no such package" | "no dependency of its recipe is made there";
}

/** Where lilac's lists and the dependencies that the recipes tell differ; what is waited for by way of others counts. */
export function compareNeeds(conversions: readonly Conversion[], tree: DependencyTree): UndeclaredNeed[] {
  return conversions.flatMap(({ pkgbase, needs }) => {
    const awaited = new Set([
      ...dependencyClosure(tree, [pkgbase]),
      ...(tree.packages.get(pkgbase)?.edges.map(({ to }) => to) ?? []),
    ]);
    return [...new Set(needs)]
      .filter((name) => !awaited.has(name))
      .map((name) => ({
        pkgbase,
        needs: name,
        why: tree.packages.has(name)
          ? ("no dependency of its recipe is made there" as const)
          : ("no such package" as const),
      }));
  });
}
