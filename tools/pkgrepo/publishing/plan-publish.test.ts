import { expect, test } from "vitest";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { planPublish, type Candidate } from "./plan-publish.ts";
import type { MadeFromRecord } from "../snapshot.ts";

const origin = { commit: "c0ffee", recipeTree: "7ee", bump: null, vcs: {} };

function entry(name: string, base: string): DatabaseEntry {
  const filename = `${name}-1-1-any.pkg.tar.zst`;
  const none = { groups: [], provides: [], conflicts: [], replaces: [], depends: [], optdepends: [] };
  const built = { makedepends: [], checkdepends: [], buildDate: 0 };
  return { name, base, version: "1-1", arch: "any", filename, sha256: `old ${name}`, ...none, ...built };
}

/** A build of version 2 that declares what it makes, unless told otherwise. */
function build(pkgbase: string, makes: readonly string[], declares = makes): Candidate {
  const packages = makes.map((pkgname) => {
    const filename = `${pkgname}-2-1-any.pkg.tar.zst`;
    return { pkgname, path: `/staging/${filename}`, filename, sha256: `new ${pkgname} of ${pkgbase}` };
  });
  return { pkgbase, pkgnames: declares, madeFrom: origin, packages };
}

/** Published: pkgbase to the pkgnames that it made and declared. */
function plan(published: Record<string, readonly string[]>, builds: readonly Candidate[]) {
  const entries = Object.entries(published).flatMap(([base, names]) =>
    names.map((name) => entry(name, base)),
  );
  const madeFrom = new Map<string, MadeFromRecord>(
    Object.entries(published).map(([base, pkgnames]) => [base, { ...origin, pkgnames }]),
  );
  const onDisk = new Set(entries.flatMap(({ filename }) => [filename, `${filename}.sig`]));
  const { add, remove, outcomes } = planPublish({ entries, madeFrom, retired: new Map() }, builds, onDisk);
  return {
    add: add.map(({ pkgname }) => pkgname),
    remove,
    outcomes: outcomes.map((outcome) =>
      outcome.kind === "refused" ? outcome.error.message : `${outcome.pkgbase} ${outcome.kind}`,
    ),
  };
}

const twice = (name: string, pkgbase: string, other: string): string =>
  `The package ${name} is made by ${pkgbase}, and by ${other} as well.`;

test("a package that another pkgbase makes and still declares is refused, naming both", () => {
  expect(plan({ old: ["x", "y"] }, [build("new", ["x"])])).toEqual({
    add: [],
    remove: [],
    outcomes: [twice("x", "new", "old")],
  });
});

test("a package moves to another pkgbase in the batch in which the old one gives it up", () => {
  expect(plan({ old: ["x", "y"] }, [build("new", ["x"]), build("old", ["y"])])).toEqual({
    add: ["x", "y"],
    remove: [],
    outcomes: ["new published", "old published"],
  });
});

test("two pkgbases may swap packages", () => {
  const { remove, outcomes } = plan({ a: ["x"], b: ["y"] }, [build("a", ["y"]), build("b", ["x"])]);
  expect({ remove, outcomes }).toEqual({ remove: [], outcomes: ["a published", "b published"] });
});

test("two builds of one batch that make the same package are both refused", () => {
  expect(plan({}, [build("a", ["x"]), build("b", ["x"]), build("c", ["z"])])).toEqual({
    add: ["z"],
    remove: [],
    outcomes: [twice("x", "a", "b"), twice("x", "b", "a"), "c published"],
  });
});

test("a package isn't given up by a build that was itself refused", () => {
  expect(plan({ old: ["x"], other: ["y"] }, [build("new", ["x"]), build("old", ["y"])]).outcomes).toEqual([
    twice("y", "old", "other"),
    twice("x", "new", "old"),
  ]);
});

test("a package that the recipe declares and this build didn't make leaves the database", () => {
  expect(plan({ split: ["a", "b"] }, [build("split", ["a"], ["a", "b"])])).toEqual({
    add: ["a"],
    remove: ["b"],
    outcomes: ["split published"],
  });
});
