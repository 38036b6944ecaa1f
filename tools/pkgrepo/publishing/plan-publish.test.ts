import { describe, expect, test } from "vitest";
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

/** Published: pkgbase to the pkgnames that it made and declared; main: what it makes, and what it has no more. */
function plan(
  published: Record<string, readonly string[]>,
  builds: readonly Candidate[],
  main?: {
    readonly makes: Record<string, readonly string[]>;
    readonly offers?: Record<string, readonly string[]>;
    readonly removals?: readonly string[];
  },
) {
  const entries = Object.entries(published).flatMap(([base, names]) =>
    names.map((name) => entry(name, base)),
  );
  const madeFrom = new Map<string, MadeFromRecord>(
    Object.entries(published).map(([base, pkgnames]) => [base, { ...origin, pkgnames }]),
  );
  const onDisk = new Set(entries.flatMap(({ filename }) => [filename, `${filename}.sig`]));
  const { add, remove, outcomes } = planPublish(
    { entries, madeFrom, retired: new Map() },
    builds,
    onDisk,
    new Date(0),
    main && {
      packages: new Map(
        Object.entries(main.makes).map(([base, pkgnames]) => [
          base,
          { pkgnames, offers: main.offers?.[base] ?? [] },
        ]),
      ),
      removals: (main.removals ?? []).map((pkgbase) => ({ pkgbase })),
    },
  );
  return {
    add: add.map(({ pkgname }) => pkgname),
    remove,
    outcomes: outcomes.map((outcome) =>
      outcome.kind === "refused"
        ? outcome.error.message
        : `${outcome.pkgbase} ${outcome.kind}${outcome.kind === "held" ? ` by ${outcome.by.join(", ")}` : ""}`,
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

describe("a name that moves by main is never gone in between", () => {
  const renamed = { makes: { new: ["x"] }, removals: ["old"] };

  test("a renamed pkgbase stays until its successor is published", () => {
    expect(plan({ old: ["x", "y"] }, [], renamed)).toEqual({
      add: [],
      remove: [],
      outcomes: ["old held by new"],
    });
    const { remove, outcomes } = plan({ old: ["x", "y"] }, [build("new", ["x"])], renamed);
    expect({ remove, outcomes }).toEqual({ remove: ["y"], outcomes: ["new published", "old removed"] });
  });

  test("it waits for every successor", () => {
    const split = { makes: { a: ["x"], b: ["y"] }, removals: ["old"] };
    const { remove, outcomes } = plan({ old: ["x", "y"] }, [build("a", ["x"])], split);
    expect({ remove, outcomes }).toEqual({ remove: [], outcomes: ["a published", "old held by b"] });
  });

  test("where the pkgname is another too, what replaces or provides it is its successor", () => {
    const replaced = { makes: { new: ["new"] }, offers: { new: ["old"] }, removals: ["old"] };
    expect(plan({ old: ["old"] }, [], replaced).outcomes).toEqual(["old held by new"]);
    expect(plan({ old: ["old"] }, [build("new", ["new"])], replaced)).toMatchObject({
      remove: ["old"],
      outcomes: ["new published", "old removed"],
    });
    expect(plan({ old: ["old"], new: ["new"] }, [], replaced).outcomes).toEqual(["old removed"]);
  });

  test("what nobody takes the place of goes at once", () => {
    expect(plan({ old: ["x"] }, [], { makes: { other: ["z"] }, removals: ["old"] })).toMatchObject({
      remove: ["x"],
      outcomes: ["old removed"],
    });
  });

  test("a name that moves between two packages stays, whichever is built first", () => {
    const moved = { makes: { from: ["x"], to: ["y", "z"] } };
    const published = { from: ["x", "y"], to: ["z"] };
    expect(plan(published, [build("from", ["x"])], moved)).toMatchObject({
      remove: [],
      outcomes: ["from published"],
    });
    expect(plan(published, [build("to", ["y", "z"])], moved)).toMatchObject({
      remove: [],
      outcomes: ["to published"],
    });
  });

  test("a build of an older commit doesn't take a name back", () => {
    const moved = { makes: { from: ["x"], to: ["y", "z"] } };
    expect(plan({ from: ["x"], to: ["y", "z"] }, [build("from", ["x", "y"])], moved).outcomes).toEqual([
      twice("y", "from", "to"),
    ]);
  });

  test("what stayed for a successor goes when main gives that up", () => {
    const entries = plan({ from: ["x", "y"] }, [build("from", ["x"])], { makes: { from: ["x"] } });
    expect(entries.remove).toEqual(["y"]);
  });
});

test("packages count as published when they were published, whenever their recipe says that they were built", () => {
  const [then, now] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-06-01T12:00:00Z")];
  const before = { entries: [entry("same", "same")], retired: new Map() };
  const madeFrom = new Map([["same", { ...origin, pkgnames: ["same"], publishedAt: then.toISOString() }]]);
  const onDisk = new Set(before.entries.flatMap(({ filename }) => [filename, `${filename}.sig`]));
  const packages = before.entries.map(({ name, ...file }) => ({ ...file, pkgname: name, path: "" }));
  const same = { pkgbase: "same", pkgnames: ["same"], madeFrom: origin, packages };
  const { madeFrom: after } = planPublish(
    { ...before, madeFrom },
    [same, build("fresh", ["fresh"])],
    onDisk,
    now,
  );
  expect(after.get("same")?.publishedAt).toBe(then.toISOString());
  expect(after.get("fresh")?.publishedAt).toBe(now.toISOString());
});
