import { expect, test } from "vitest";
import { NeedsWorld, type WorldPackage } from "../../../test/world/needs-world.ts";

const nothing = { bumps: {}, broken: {} };

test("a symbol version that a library of the repository drops is seen", async () => {
  const world = new NeedsWorld();
  world.distribution["glibc"] = { gives: ["libc.so.6"] };
  world.published = {
    foo: { gives: ["libfoo.so.1", "libfoo.so.1@FOO_1", "libfoo.so.1@FOO_2"] },
    app: { needs: ["libfoo.so.1", "libfoo.so.1@FOO_1", "libc.so.6@GLIBC_2.4"], depends: ["foo"] },
  };
  expect(await world.run()).toEqual(nothing);
  world.published["foo"] = { version: "1.1-1", gives: ["libfoo.so.1", "libfoo.so.1@FOO_2"] };
  expect((await world.run()).bumps).toEqual({
    app: "1.0-1/1 rebuild: FOO_1 of libfoo.so.1 is gone (foo 1.0-1 → 1.1-1)",
  });
});

/** The symbol versions of a library that keeps its soname, which no database says. */
function withVersionedFoo(app: Partial<WorldPackage> = {}): NeedsWorld {
  const world = new NeedsWorld();
  moveFoo(world, "1.0-1", "FOO_1", "FOO_2");
  const needs = ["libfoo.so.1", "libfoo.so.1@FOO_1"];
  world.published["app"] = { needs, depends: ["foo"], builtWith: { foo: "1.0-1" }, ...app };
  return world;
}

function moveFoo(world: NeedsWorld, version: string, ...symbols: readonly string[]): void {
  const named = symbols.map((one) => `libfoo.so.1@${one}`);
  world.distribution["foo"] = { version, gives: ["libfoo.so.1"], symbols: named };
}

const dropped = "1.0-1/1 rebuild: FOO_1 of libfoo.so.1 is gone (foo 1.0-1 → 1.1-1)";

test.each([
  ["that it was built with", {}],
  ["that nobody wrote down, but that has changed since", { builtWith: {} }],
])("a symbol version that the distribution drops from a library %s is seen", async (_, app) => {
  const world = withVersionedFoo(app);
  expect(await world.run()).toEqual(nothing);
  moveFoo(world, "1.1-1", "FOO_2");
  expect((await world.run()).bumps).toEqual({ app: dropped });
  expect((await world.run()).broken["app"]).toContain("its rebuild is asked for");
  const needs = ["libfoo.so.1", "libfoo.so.1@FOO_2"];
  world.published["app"] = { version: "1.0-1.1", recipe: "1.0-1", needs, builtWith: { foo: "1.1-1" } };
  expect(await world.run()).toEqual(nothing);
  expect(world.fetched).toEqual(["foo", "foo"]);
});

test("one that was dropped before anybody looked is seen by what the package was built with", async () => {
  const world = withVersionedFoo();
  moveFoo(world, "1.1-1", "FOO_2");
  expect((await world.run()).bumps).toEqual({ app: dropped });
});

test("symbol versions that stay, or that a library has none of any more, cause nothing", async () => {
  const world = withVersionedFoo();
  await world.run();
  for (const [version, symbols] of [
    ["1.1-1", ["FOO_1", "FOO_3"]],
    ["1.2-1", []],
  ] as const) {
    moveFoo(world, version, ...symbols);
    expect(await world.run()).toEqual(nothing);
    expect(await world.run()).toEqual(nothing);
  }
  expect(world.fetched).toEqual(["foo", "foo", "foo"]);
});

test("a package that can't be fetched is asked for again until it can", async () => {
  const world = withVersionedFoo({ builtWith: {} });
  await world.run();
  moveFoo(world, "1.1-1", "FOO_2");
  world.isUnreachable = true;
  expect(await world.run()).toEqual(nothing);
  moveFoo(world, "1.2-1", "FOO_2");
  expect(await world.run()).toEqual(nothing);
  world.isQuiet = true;
  expect(await world.run()).toEqual(nothing);
  world.isUnreachable = false;
  expect((await world.run()).bumps["app"]).toContain("FOO_1 of libfoo.so.1 is gone (foo 1.0-1 → 1.2-1)");
});

/** A program that was compiled on another distribution, whose libraries have symbol versions of their own. */
const foreign = { needs: ["libfoo.so.1", "libfoo.so.1@OTHERS_4"] };
const told = {
  bumps: {},
  broken: {
    app: "OTHERS_4 of libfoo.so.1 isn't there (needed by usr/bin/app), since 2026-06-01; nobody is known to have given it, so a rebuild wouldn't help",
  },
};

test.each([
  ["", {}],
  [", whatever it was built with", { builtWith: {} }],
  [" of a package that names no library", { depends: [], builtWith: {} }],
])("a symbol version that a library never had is told, and rebuilds nothing%s", async (_, more) => {
  const world = withVersionedFoo({ ...foreign, ...more });
  for (const version of ["1.0-1", "1.1-1", "1.2-1"]) {
    moveFoo(world, version, "FOO_1");
    expect(await world.run(), version).toEqual(told);
    expect(await world.run(), version).toEqual(told);
  }
});

test("nor while the library can't be read for some of its versions", async () => {
  const world = withVersionedFoo(foreign);
  expect(await world.run()).toEqual(told);
  world.isUnreachable = true;
  moveFoo(world, "1.1-1", "FOO_1");
  expect(await world.run()).toEqual(nothing);
  moveFoo(world, "1.2-1", "FOO_1");
  world.isUnreachable = false;
  expect(await world.run()).toEqual(told);
});

test("nor of a library of the repository itself", async () => {
  const world = new NeedsWorld();
  world.distribution["glibc"] = { gives: ["libc.so.6"] };
  world.published["app"] = { ...foreign, depends: ["foo"], builtWith: { foo: "1.0-1" } };
  for (const version of ["1.0-1", "1.1-1"]) {
    world.published["foo"] = { version, gives: ["libfoo.so.1", "libfoo.so.1@FOO_1"] };
    expect(await world.run(), version).toEqual(told);
  }
});
