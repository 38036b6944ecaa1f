// Builds the tree of as many generated packages as the argument says, and prints how long that took.
import { seeded } from "../test/world/random.ts";
import type { PackageRelations } from "../tools/deptree/relations.ts";
import { buildTree } from "../tools/deptree/tree.ts";

export interface TreeFigures {
  readonly seconds: number;
  /** The process's highest use of memory, the generated packages and Node itself included. */
  readonly megabytes: number;
  readonly edges: number;
  readonly cycles: number;
}

const packages = generate(Number(process.argv[2]));
const start = performance.now();
const tree = buildTree(packages);
const figures: TreeFigures = {
  seconds: (performance.now() - start) / 1000,
  megabytes: process.resourceUsage().maxRSS / 1024,
  edges: [...tree.packages.values()].reduce((sum, { edges }) => sum + edges.length, 0),
  cycles: tree.cycles.length,
};
process.stdout.write(JSON.stringify(figures));

/**
 * As a real workspace has them: eight dependencies each, of which the workspace holds one or two, mostly the same
 * few, some by what they provide. One in two hundred needs the next one, and that needs it: a cycle.
 */
function generate(count: number): PackageRelations[] {
  const random = seeded(1);
  return Array.from({ length: count }, (_, index) => {
    const earlier = (): number => Math.floor(index * random() ** 3);
    const place = index % 200;
    const name = (target: number): string => (random() < 0.15 ? `virtual-${target}` : `package-${target}`);
    const outside = Array.from({ length: 6 }, () => `library-${Math.floor(random() * 20_000)}>=1.2`);
    return {
      pkgbase: `package-${index}`,
      pkgnames: [`package-${index}`, ...(index % 5 === 0 ? [`package-${index}-docs`] : [])],
      provides: [`virtual-${index}=1.0`],
      dependencies: [
        { field: "depends", texts: [...outside, name(earlier())] },
        { field: "makedepends", texts: random() < 0.5 ? [name(earlier())] : [] },
        { field: "checkdepends", texts: place === 0 ? [name(index + 1)] : [] },
        { field: "depends_x86_64", texts: place === 1 ? [name(index - 1)] : [] },
      ],
    };
  });
}
