import { describe, expect, test } from "vitest";
import { pick, seededRandom, shuffled } from "../../test/world/random.ts";
import { relationsFrom, treeFrom, type Recipes } from "../../test/world/tree.ts";
import { treeFormats } from "./formats.ts";
import { buildTree } from "./tree.ts";

const brokenIn = (recipes: Recipes): string[] =>
  treeFrom(recipes).cycles.flatMap(({ broken }) => broken.map(({ from, to }) => `${from} -> ${to}`));

const name = (n: number): string => `p${String(n).padStart(5, "0")}`;

describe("the order of builds", () => {
  test("each level needs only levels before it, and within a level the names decide", () => {
    const tree = treeFrom({
      app: ["depends = lib", "depends = tool"],
      tool: ["makedepends = lib"],
      lib: [],
      a: [],
    });
    expect(tree.levels).toEqual([["a", "lib"], ["tool"], ["app"]]);
    expect(tree.order).toEqual(["a", "lib", "tool", "app"]);
    expect(Object.fromEntries(tree.needs)).toEqual({ a: [], app: ["lib", "tool"], lib: [], tool: ["lib"] });
  });

  test("a chain of fifty thousand packages doesn't overflow the stack", () => {
    const length = 50_000;
    const chain = Array.from({ length }, (_, n) => [name(n), n > 0 ? [`depends = ${name(n - 1)}`] : []]);
    const ring = [...chain.slice(1), [name(0), [`depends = ${name(length - 1)}`]]];
    expect(treeFrom(Object.fromEntries(chain)).levels).toHaveLength(length);
    expect(brokenIn(Object.fromEntries(ring))).toEqual([`${name(0)} -> ${name(length - 1)}`]);
  });
});

describe("cycles are reported and broken", () => {
  test("what only checks need gives way first, whatever the names", () => {
    expect(brokenIn({ a: ["depends = b"], b: ["checkdepends = a"] })).toEqual(["b -> a"]);
    expect(brokenIn({ a: ["checkdepends = b"], b: ["depends = a"] })).toEqual(["a -> b"]);
    expect(
      brokenIn({ a: ["depends = b"], b: ["checkdepends_x86_64 = v"], c: ["provides = v", "depends = a"] }),
    ).toEqual(["b -> c"]);
  });

  test("then what is only provided", () => {
    expect(brokenIn({ a: ["depends = b"], b: ["depends = v"], c: ["provides = v", "depends = a"] })).toEqual([
      "b -> c",
    ]);
    expect(brokenIn({ a: ["depends = v"], b: ["provides = v", "depends = a"] })).toEqual(["a -> b"]);
  });

  test("then the package that comes first by name is built first", () => {
    expect(brokenIn({ a: ["depends = b"], b: ["depends = a"] })).toEqual(["a -> b"]);
    expect(brokenIn({ c: ["depends = a"], b: ["depends = c"], a: ["depends = b"] })).toEqual(["a -> b"]);
  });

  test("a package that is needed for a check and otherwise as well is needed firmly", () => {
    const recipes = {
      a: ["checkdepends = b", "makedepends = b"],
      b: ["depends = v"],
      c: ["provides = v", "depends = a"],
    };
    expect(brokenIn(recipes)).toEqual(["b -> c"]);
  });

  test("once the checks gave way, what was provided stays", () => {
    const recipes = { a: ["depends = v"], b: ["provides = v", "checkdepends = a"] };
    const tree = treeFrom(recipes);
    expect(tree.cycles).toEqual([{ packages: ["a", "b"], broken: [{ from: "b", to: "a" }] }]);
    expect(tree.needs.get("a")).toEqual(["b"]);
  });

  test("two cycles are two, and packages outside stay as they are", () => {
    const recipes = {
      a: ["depends = b"],
      b: ["depends = a"],
      c: ["depends = a", "depends = d"],
      d: ["depends = c"],
      e: ["depends = d"],
    };
    expect(treeFrom(recipes).cycles.map(({ packages }) => packages)).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(treeFrom(recipes).needs.get("e")).toEqual(["d"]);
    expect(treeFrom(recipes).order).toEqual(["a", "b", "c", "d", "e"]);
  });
});

describe.each([1, 2, 3, 4, 5])("a random workspace (%i)", (seed) => {
  const recipes = randomRecipes(seed);
  const tree = treeFrom(recipes);

  test("comes out the same in whatever order the packages are read", () => {
    const random = seededRandom(seed + 100);
    const again = buildTree(shuffled(relationsFrom(recipes), random));
    for (const format of Object.values(treeFormats)) expect(format(again)).toBe(format(tree));
  });

  test("is ordered such that all that a package waits for comes before it", () => {
    const place = new Map(tree.order.map((name, at) => [name, at]));
    expect(place.size).toBe(tree.packages.size);
    for (const [name, needs] of tree.needs) {
      for (const need of needs) expect(place.get(need)).toBeLessThan(place.get(name)!);
    }
  });

  test("waits for all that it needs, but for what a cycle is reported to leave out", () => {
    const left = new Set(tree.cycles.flatMap(({ broken }) => broken.map(({ from, to }) => `${from} ${to}`)));
    for (const [name, { edges }] of tree.packages) {
      const wanted = [...new Set(edges.map(({ to }) => to))]
        .filter((to) => !left.has(`${name} ${to}`))
        .sort();
      expect(tree.needs.get(name)).toEqual(wanted);
    }
    for (const { packages, broken } of tree.cycles) {
      expect(broken.length).toBeGreaterThan(0);
      for (const { from, to } of broken) expect(packages).toEqual(expect.arrayContaining([from, to]));
    }
  });
});

function randomRecipes(seed: number): Recipes {
  const random = seededRandom(seed);
  const names = Array.from({ length: 60 }, (_, n) => `p${n}`);
  const kinds = ["depends", "makedepends", "checkdepends"];
  return Object.fromEntries(
    names.map((name) => [
      name,
      [
        `provides = v${pick(names, random)}`,
        ...Array.from({ length: Math.floor(random() * 4) }, () => {
          return `${pick(kinds, random)} = ${random() < 0.3 ? "v" : ""}${pick(names, random)}`;
        }),
      ],
    ]),
  );
}
