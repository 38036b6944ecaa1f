/**
 * Reads the tree as chaotic-manager does: package A waits for every package that lists one of A's dependencies
 * among its pkgnames. Returns pkgbase → whom it waits for, sorted.
 */
export function readChaotic(text: string): Map<string, string[]> {
  const packages = text.split(";").map((entry) => {
    const [pkgbase, pkgnames, dependencies] = entry.split(":");
    return { pkgbase: pkgbase!, pkgnames: pkgnames!.split(","), dependencies: dependencies!.split(",") };
  });
  return new Map(
    packages.map(({ pkgbase, dependencies }) => {
      const wanted = new Set(dependencies);
      const needed = packages.filter((other) => other.pkgnames.some((name) => wanted.has(name)));
      return [
        pkgbase,
        needed
          .map((other) => other.pkgbase)
          .filter((name) => name !== pkgbase)
          .sort(),
      ];
    }),
  );
}
