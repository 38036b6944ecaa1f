import { describe, expect, test } from "vitest";
import { whyNobody } from "./live-builders.ts";
import { canTake, deal, nextClass, Roster, type Builder } from "./roster.ts";

const builder = (name: string, buildClass: string, jobs = 1, held = 0): Builder => ({
  name,
  class: buildClass,
  arch: "x86_64",
  jobs,
  draining: false,
  held: new Set(Array.from({ length: held }, (_, at) => String(at))),
});

describe("a builder takes", () => {
  test.each<[string, string, string | null, boolean]>([
    ["attic", "2", null, true],
    ["attic", "2", "0", true],
    ["attic", "2", "2", true],
    ["attic", "2", "3", false],
    ["attic", "0", null, false],
    ["attic", "0", "0", true],
    ["attic", "2", "attic", true],
    ["attic", "2", "cellar", false],
    ["attic", "heavy", "heavy", true],
    ["attic", "heavy", "attic", true],
    ["attic", "heavy", "1", false],
    ["attic", "heavy", null, false],
  ])("%s of class %s, a package of class %s: %s", (name, own, wanted, takes) => {
    expect(canTake({ name, class: own }, wanted)).toBe(takes);
  });
});

const lines = (
  classes: readonly (string | null)[],
  builders: readonly Builder[],
  offered: Record<string, number> = {},
): (string | undefined)[] =>
  deal(
    classes.map((each) => ({ class: each, arch: "x86_64" })),
    builders,
    new Map(Object.entries(offered)),
  );

describe("builds are dealt out", () => {
  test("to the smallest class that takes them, as long as somebody is free there", () => {
    expect(lines([null, "1", "2", "1"], [builder("b", "2", 2), builder("a", "1")])).toEqual([
      "1",
      "2",
      "2",
      undefined,
    ]);
  });

  test("to all builders that share a name for their class", () => {
    const builders = [builder("a", "heavy"), builder("b", "heavy"), builder("c", "2")];
    expect(lines(["heavy", "heavy", "heavy", null], builders)).toEqual(["heavy", "heavy", undefined, "2"]);
  });

  test("past what no free builder takes", () => {
    expect(lines(["9", "heavy", "1"], [builder("a", "2")])).toEqual([undefined, undefined, "2"]);
  });

  test("to nobody who is busy, or for whom enough is on offer", () => {
    expect(lines(["1"], [builder("a", "2", 2, 2)])).toEqual([undefined]);
    expect(lines(["1", "1"], [builder("a", "2", 2)], { "2": 1 })).toEqual(["2", undefined]);
  });

  test("in a builder's own line where its name is the class", () => {
    expect(lines(["a", "heavy"], [builder("b", "2"), builder("a", "heavy", 2)])).toEqual(["a", "heavy"]);
  });
});

const withMac = (here: readonly string[]) => ({
  living: { at: 0, here, builders: [{ ...builder("mac", "macos"), building: 0 }] },
  drained: [],
});

describe("the job of a release", () => {
  test.each<[string | null, string | undefined, string | undefined]>([
    [null, undefined, undefined],
    ["macos", "mac", undefined],
    ["mac", "mac", undefined],
    ["x86_64", "mac", undefined],
    ["windows", undefined, "no builder of class windows has been seen"],
    ["aarch64", undefined, "no builder of class aarch64 has been seen"],
  ])("of class %s goes into the line %s where no manager takes it; why not: %s", (wanted, line, why) => {
    const job = { class: wanted, arch: "any" };
    expect(deal([job], [builder("mac", "macos")], new Map())).toEqual([line]);
    expect(whyNobody(job, withMac([]))).toBe(why);
  });

  test("whose class is a number is run by a manager that builds as well", () => {
    expect(whyNobody({ class: "7", arch: "any" }, withMac(["x86_64"]))).toBe(undefined);
  });
});

test.each([
  [null, ["1", "2", "4"], "2"],
  ["2", ["9", "4", "heavy"], "4"],
  ["4", ["4", "heavy"], undefined],
  ["heavy", ["9"], undefined],
])("what ran out of memory in class %s goes on to the next larger of %j: %s", (own, classes, next) => {
  expect(
    nextClass(
      own,
      classes.map((each) => ({ class: each })),
    ),
  ).toBe(next);
});

test("who isn't heard from, or drains, gets no offers", () => {
  let now = 0;
  const roster = new Roster(() => now, 20_000);
  roster.heard("a", builder("a", "2"), []);
  roster.heard("b", { ...builder("b", "2"), draining: true }, []);
  expect(roster.living().map(({ name }) => name)).toEqual(["a"]);
  now += 60_000;
  expect(roster.living()).toEqual([]);
});

test.each<[string | null, boolean, string | undefined]>([
  ["1", false, undefined],
  ["heavy", true, undefined],
  ["heavy", false, "no builder takes class heavy: a takes class 2 and lower, b takes class large only"],
  ["3", false, "no builder takes class 3: a takes class 2 and lower, b takes class large only"],
])("a package of class %s where the manager builds itself: %s", (wanted, here, why) => {
  const builders = [builder("a", "2"), builder("b", "large")].map((each) => ({ ...each, building: 0 }));
  const living = { at: 0, here: here ? ["x86_64"] : [], builders };
  expect(whyNobody({ class: wanted, arch: "x86_64" }, { living, drained: [] })).toBe(why);
});

test.each([
  [{ class: null, arch: "aarch64" }, [], "no builder is there for aarch64, only for x86_64"],
  [{ class: "2", arch: "x86_64" }, ["a"], undefined],
  [
    { class: "2", arch: "x86_64" },
    ["a", "farm/1"],
    "every builder that could take it is drained: farm/1 (by ann: new disk), a (by ann: new disk)",
  ],
])("of %j, where the manager builds and %j are drained, it is said: %s", (build, names, why) => {
  const builders = [{ ...builder("a", "2"), building: 0 }];
  const drained = names.map((worker) => ({ worker, why: "ann: new disk" }));
  const living = { at: 0, here: ["x86_64"], worker: "farm/1", builders };
  expect(whyNobody(build, { living, drained })).toBe(why);
});
