import { describe, expect, test } from "vitest";
import { readChaotic } from "../../test/world/chaotic-reader.ts";
import { pick, seeded } from "../../test/world/random.ts";
import { treeFrom, type Recipes } from "../../test/world/tree.ts";
import { treeFormats } from "./formats.ts";
import type { DependencyTree } from "./tree.ts";

/** pkgbase → whom its edges lead to, sorted. */
function graphOf(tree: DependencyTree): Map<string, string[]> {
  return new Map(
    [...tree.packages].map(([name, { edges }]) => [name, [...new Set(edges.map(({ to }) => to))].sort()]),
  );
}

describe("chaotic-manager's format", () => {
  test("names the pkgbase, its pkgnames and what it needs of the workspace", () => {
    const recipes = { a: ["depends = b-libs", "depends = glibc"], b: ["pkgname = b", "pkgname = b-libs"] };
    expect(treeFormats.chaotic(treeFrom(recipes))).toBe("a:a:b-libs;b:b,b-libs:");
  });

  test("what is provided is written as a pkgname of the provider, which is all that its reader knows", () => {
    const recipes = { a: ["depends = v"], b: ["provides = v"] };
    expect(treeFormats.chaotic(treeFrom(recipes))).toBe("a:a:b;b:b:");
  });

  test.each<[string, Recipes]>([
    [
      "names with every character that pacman allows",
      {
        "a.b+c@d_e-F1": ["depends = +x"],
        "+x": ["depends = @y.z"],
        "@y.z": ["provides = __proto__"],
        constructor: ["depends = __proto__"],
      },
    ],
    [
      "packages that make the same pkgname",
      {
        a: ["depends = x"],
        b: ["pkgname = x"],
        c: ["pkgname = x"],
        d: ["pkgname = x", "depends = x"],
      },
    ],
    [
      "a provider all of whose pkgnames others make as well",
      {
        a: ["depends = v"],
        b: ["pkgname = x", "provides = v"],
        c: ["pkgname = x", "depends = w"],
        d: ["pkgname = b", "provides = w"],
        e: ["pkgname = b", "pkgname = c", "pkgname = b@"],
      },
    ],
    [
      "packages named as the provider's further names would be",
      {
        a: ["depends = v"],
        b: ["pkgname = x", "provides = v"],
        "b@": ["pkgname = x", "pkgname = b"],
        c: ["pkgname = b@", "depends = v"],
      },
    ],
  ])("is read back as the same graph: %s", (_, recipes) => {
    const tree = treeFrom(recipes);
    expect(readChaotic(treeFormats.chaotic(tree))).toEqual(graphOf(tree));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    "is read back as the same graph: random packages (%i)",
    (seed) => {
      const tree = treeFrom(packagesThatShareNames(seed));
      expect(readChaotic(treeFormats.chaotic(tree))).toEqual(graphOf(tree));
    },
  );
});

test("the JSON holds every package, also one called __proto__, with its edges", () => {
  const recipes = Object.fromEntries([
    ["__proto__", ["depends = b>=1:2"]],
    ["b", ["provides = v=3"]],
  ]);
  const json = JSON.parse(treeFormats.json(treeFrom(recipes))) as Record<string, unknown>;
  expect(json).toEqual({
    packages: Object.fromEntries([
      [
        "__proto__",
        {
          pkgnames: ["__proto__"],
          provides: [],
          edges: [{ to: "b", name: "b", field: "depends", via: "pkgname", constraint: ">=1:2" }],
        },
      ],
      ["b", { pkgnames: ["b"], provides: ["v=3"], edges: [] }],
    ]),
    cycles: [],
    levels: [["b"], ["__proto__"]],
    order: ["b", "__proto__"],
  });
});

test("Graphviz gets every name quoted, and a style per kind of edge", () => {
  const recipes = {
    a: ['depends = b"];x[', "checkdepends = c", "depends = c"],
    b: ['provides = b"];x['],
    c: [],
  };
  expect(treeFormats.dot(treeFrom(recipes)).split("\n").slice(3, -2)).toEqual([
    '  "a";',
    '  "a" -> "b" [style=dashed, label="depends: b\\"];x["];',
    '  "a" -> "c" [style=solid, label="depends: c"];',
    '  "a" -> "c" [style=dotted, label="checkdepends: c"];',
    '  "b";',
    '  "c";',
  ]);
});

/** Few names, so that many packages make, provide and need the same. */
function packagesThatShareNames(seed: number): Recipes {
  const random = seeded(seed);
  const names = ["a", "b", "b@", "b@@", "c+", "d.e", "__proto__", "constructor", "_"];
  const some = (most: number, line: (name: string) => string): string[] =>
    [...new Set(Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(names, random)))].map(
      line,
    );
  return Object.fromEntries(
    [...names, "x", "y", "z"].map((pkgbase) => [
      pkgbase,
      [
        ...some(2, (name) => `provides = virtual-${name}`),
        ...some(2, (name) => `depends = virtual-${name}`),
        ...some(2, (name) => `makedepends = ${name}`),
        `pkgname = ${pick(names, random)}`,
      ],
    ]),
  );
}
