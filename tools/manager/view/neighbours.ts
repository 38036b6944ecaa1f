import type { DependencyTree } from "../../deptree/tree.ts";

/** Packages around one: what it needs has levels below 0, what needs it above. */
export interface Neighbours {
  readonly nodes: readonly { readonly pkgbase: string; readonly level: number }[];
  /** From what is needed to what needs it, between levels next to each other. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** How many more there are. */
  readonly left: number;
}

/** What a package needs and what needs it, directly or not, the nearest first and at most `most` of them. */
export function neighboursOf(
  { needs }: Pick<DependencyTree, "needs">,
  pkgbase: string,
  most = 300,
): Neighbours {
  const neededBy = new Map<string, string[]>();
  for (const [from, all] of needs) {
    for (const to of all) neededBy.set(to, [...(neededBy.get(to) ?? []), from]);
  }
  const below = levels(pkgbase, (name) => needs.get(name) ?? []);
  const above = levels(pkgbase, (name) => neededBy.get(name) ?? []);
  const all = [
    { pkgbase, level: 0 },
    ...below.map(([name, level]) => ({ pkgbase: name, level: -level })),
    ...above.map(([name, level]) => ({ pkgbase: name, level })),
  ].sort((a, b) => Math.abs(a.level) - Math.abs(b.level) || (a.pkgbase < b.pkgbase ? -1 : 1));
  const nodes = all.slice(0, most + 1);
  const levelOf = new Map(nodes.map((node) => [node.pkgbase, node.level]));
  const edges = nodes.flatMap(({ pkgbase: name, level }) =>
    (needs.get(name) ?? [])
      .filter((need) => levelOf.get(need) === level - 1)
      .map((need) => ({ from: need, to: name })),
  );
  return { nodes, edges, left: all.length - nodes.length };
}

function levels(start: string, next: (name: string) => readonly string[]): (readonly [string, number])[] {
  const found = new Map([[start, 0]]);
  for (const [name, level] of found) {
    for (const other of next(name)) if (!found.has(other)) found.set(other, level + 1);
  }
  found.delete(start);
  return [...found];
}
