import type { DependencyTree } from "./tree.ts";

/**
 * chaotic-manager's format, `pkgbase:pkgname,…:dependency,…;…`. Its reader knows literal names only: package A
 * waits for every package that lists one of A's dependencies among its pkgnames. So what was found through
 * `provides` is written as a pkgname of the provider; where all of those belong to others as well, the
 * provider gets a further name that is its own alone. No field of a package that is needed is left empty,
 * since that reader takes an empty name for a name.
 */
export function formatChaotic(tree: DependencyTree): string {
  const owners = new Map<string, number>();
  for (const { pkgnames } of tree.packages.values()) {
    for (const name of pkgnames) owners.set(name, (owners.get(name) ?? 0) + 1);
  }
  const furtherNames = new Map<string, string>();

  const dependencies = [...tree.packages.values()].map(({ edges }) => {
    const names = edges.map(({ via, name, to }) => (via === "pkgname" ? name : unambiguousName(to)));
    return [...new Set(names)].join(",");
  });
  return [...tree.packages]
    .map(([pkgbase, { pkgnames }], at) => {
      const further = furtherNames.get(pkgbase);
      return `${pkgbase}:${[...pkgnames, ...(further ? [further] : [])].join(",")}:${dependencies[at]}`;
    })
    .join(";");

  function unambiguousName(pkgbase: string): string {
    const own = tree.packages.get(pkgbase)!.pkgnames.find((name) => owners.get(name) === 1);
    if (own) return own;
    let further = furtherNames.get(pkgbase) ?? pkgbase;
    while (owners.has(further) && further !== furtherNames.get(pkgbase)) further += "@";
    furtherNames.set(pkgbase, further);
    owners.set(further, 1);
    return further;
  }
}
