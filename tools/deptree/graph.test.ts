import { describe, expect, test } from "vitest";
import { treeFrom, type Recipes } from "../../test/world/tree.ts";

/** Edges as `field name -> pkgbase (via)`. */
function edges(recipes: Recipes, pkgbase: string, distribution?: readonly string[]): string[] {
  return treeFrom(recipes, distribution)
    .packages.get(pkgbase)!
    .edges.map(({ field, name, to, via }) => `${field} ${name} -> ${to} (${via})`);
}

function providedBy(lines: readonly string[]): readonly string[] {
  return treeFrom({ a: lines }).packages.get("a")!.provides;
}

describe("who provides what", () => {
  test("a dependency on a pkgname or on what a package provides is an edge, anything else is none", () => {
    const recipes = {
      a: ["depends = b", "depends = virtual", "depends = glibc"],
      b: [],
      c: ["provides = virtual"],
    };
    expect(edges(recipes, "a")).toEqual(["depends b -> b (pkgname)", "depends virtual -> c (provides)"]);
  });

  test("a literal pkgname wins over provides", () => {
    const recipes = { a: ["depends = b"], b: [], "b-git": ["provides = b"] };
    expect(edges(recipes, "a")).toEqual(["depends b -> b (pkgname)"]);
  });

  test("all providers of a name that nobody is called are needed", () => {
    const recipes = { a: ["depends = v"], y: ["provides = v=2"], x: ["provides = v"] };
    expect(edges(recipes, "a")).toEqual(["depends v -> x (provides)", "depends v -> y (provides)"]);
  });

  test("what the distribution itself has needs no mere provider, but a package of that name is still needed", () => {
    const recipes = { a: ["depends = mesa", "depends = own"], "mesa-git": ["provides = mesa"], own: [] };
    expect(edges(recipes, "a", ["mesa", "own"])).toEqual(["depends own -> own (pkgname)"]);
    expect(edges(recipes, "a")).toHaveLength(2);
  });

  test("no package needs itself, neither by name nor by what it provides", () => {
    const recipes = {
      a: ["depends = a-libs", "depends = v", "provides = v", "pkgname = a", "pkgname = a-libs"],
    };
    expect(edges(recipes, "a")).toEqual([]);
  });

  test("two packages that make the same pkgname are both needed", () => {
    const recipes = { a: ["depends = x"], b: ["pkgname = x"], c: ["pkgname = x"] };
    expect(edges(recipes, "a")).toEqual(["depends x -> b (pkgname)", "depends x -> c (pkgname)"]);
  });
});

describe("which fields count", () => {
  test("depends, makedepends and checkdepends do, also those of the architecture, and no others", () => {
    const names = ["d", "m", "c", "dx", "mx", "cx", "da", "o", "k"];
    const lines = [
      "depends = d",
      "makedepends = m",
      "checkdepends = c",
      "depends_x86_64 = dx",
      "makedepends_x86_64 = mx",
      "checkdepends_x86_64 = cx",
      "depends_aarch64 = da",
      "optdepends = o: for show",
      "conflicts = k",
    ];
    const recipes = { a: lines, ...Object.fromEntries(names.map((name) => [name, []])) };
    const tree = treeFrom(recipes);
    expect(tree.packages.get("a")!.edges.map(({ to, field }) => [to, field])).toEqual([
      ["d", "depends"],
      ["dx", "depends_x86_64"],
      ["m", "makedepends"],
      ["mx", "makedepends_x86_64"],
      ["c", "checkdepends"],
      ["cx", "checkdepends_x86_64"],
    ]);
  });

  test("what the sections of a split package depend on is found, each once", () => {
    const recipes = {
      a: ["depends = b", "pkgname = a", "depends = c", "pkgname = a-docs", "depends = c", "makedepends = d"],
      b: [],
      c: [],
      d: [],
    };
    expect(
      treeFrom(recipes)
        .packages.get("a")!
        .edges.map(({ to }) => to),
    ).toEqual(["b", "c", "d"]);
  });

  test("a section that provides something else, or nothing, doesn't provide what it would inherit", () => {
    expect(providedBy(["provides = v", "pkgname = a", "provides = w"])).toEqual(["w"]);
    expect(providedBy(["provides = v", "pkgname = a", "provides = "])).toEqual([]);
    expect(providedBy(["provides = v", "pkgname = a", "pkgname = b", "provides = w"])).toEqual(["v", "w"]);
    expect(providedBy(["provides_x86_64 = v", "provides_i686 = i", "pkgname = a"])).toEqual(["v"]);
  });

  test("thousands of sections that all inherit take no time that grows faster than they do", () => {
    const many = Array.from({ length: 30_000 }, (_, n) => n);
    const lines = [
      ...many.flatMap((n) => [`provides = v${n}`, `depends = d${n}`]),
      ...many.flatMap((n) => [`pkgname = p${n}`, `depends = e${n}`]),
    ];
    const tree = treeFrom({ a: lines, d7: [], e9: [] });
    expect(tree.packages.get("a")!.provides).toHaveLength(30_000);
    expect(tree.packages.get("a")!.edges.map(({ to }) => to)).toEqual(["d7", "e9"]);
  });
});

describe("names", () => {
  test.each([
    "gtk+",
    "c++-libs",
    "ttf-ms.win10",
    "libfoo.so",
    "d@2",
    "perl(Foo::Bar)",
    "_x",
    "Capital",
    "2048",
  ])("%s is found whole, with and without a version", (name) => {
    const recipes = { a: [`depends = ${name}`, `makedepends = ${name}>=1:2.0`], b: [`provides = ${name}=3`] };
    expect(edges(recipes, "a")).toEqual([
      `depends ${name} -> b (provides)`,
      `makedepends ${name} -> b (provides)`,
    ]);
  });

  test("a soname with its version and word size is found by its name, and the constraint is kept as written", () => {
    const tree = treeFrom({ a: ["depends = libx.so=1-64"], x: ["provides = libx.so=1-64"] });
    expect(tree.packages.get("a")!.edges).toEqual([
      { to: "x", name: "libx.so", field: "depends", via: "provides", constraint: "=1-64" },
    ]);
  });

  test("a prefix of a name is another name", () => {
    const recipes = { a: ["depends = foo"], "foo-bar": [], foobar: [], "foo.bar": [], "foo+": [] };
    expect(edges(recipes, "a")).toEqual([]);
  });

  test("packages called as JavaScript's own properties are packages like any other", () => {
    const recipes = Object.fromEntries([
      ["__proto__", ["depends = constructor"]],
      ["constructor", ["depends = toString"]],
      ["hasOwnProperty", ["provides = toString"]],
    ]);
    const tree = treeFrom(recipes);
    expect(tree.order).toEqual(["hasOwnProperty", "constructor", "__proto__"]);
    expect(treeFrom({ a: ["depends = valueOf"] }).packages.get("a")!.edges).toEqual([]);
  });
});
