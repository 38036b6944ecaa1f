import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cpuTimeOf } from "../../test/world/cpu-time.ts";
import { hostilePairs, realPairs, seededRandom } from "../../test/vercmp/pairs.ts";
import { isVercmpOption, pacmanVercmp } from "../../test/vercmp/pacman-vercmp.ts";
import { satisfies, vercmp } from "./vercmp.ts";

const golden = readFileSync(join(import.meta.dirname, "fixtures/vercmp.tsv"), "utf8")
  .split("\n")
  .slice(0, -1)
  .map((line) => {
    const [a = "", b = "", order] = line.split("\t");
    return { a, b, order: Number(order) };
  });

test("20,000 pairs compare as pacman's own vercmp once compared them, in both directions", () => {
  expect(golden).toHaveLength(20_000);
  const wrong = golden.filter(({ a, b, order }) => vercmp(a, b) !== order || vercmp(b, a) + order !== 0);
  expect(wrong).toEqual([]);
});

test.skipIf(pacmanVercmp("1", "1") === undefined)(
  "300 pairs that nobody has tried before compare as pacman's own vercmp does",
  () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seededRandom(seed);
    const versions = golden.slice(0, 5_000).map(({ a }) => a);
    const pairs = [...realPairs(versions, 150, random), ...hostilePairs(150, random)];
    const wrong = pairs
      .filter(([a]) => !isVercmpOption(a))
      .map(([a, b]) => ({ a, b, ours: `${vercmp(a, b)}`, pacman: pacmanVercmp(a, b) }))
      .filter(({ ours, pacman }) => ours !== pacman);
    expect(wrong, `seed ${seed}`).toEqual([]);
  },
);

test.each([
  ["1.0", "1.0.1", -1, "a longer version is newer"],
  ["1.0rc1", "1.0", -1, "letters behind a number are older than none"],
  ["1.0.a", "1.0", 1, "unless something separates them"],
  ["1~rc", "1", 1, "a tilde is a separator like any other"],
  ["1.0.", "1.0", 1, "a separator at the end is newer than none"],
  ["1.0.", "1.0..", 0, "whose length then doesn't matter"],
  ["1..0", "1.0", 1, "but it does in between"],
  ["1_0", "1+0", 0, "which separator it is doesn't matter"],
  ["1é1", "1..1", 0, "separators are measured in bytes"],
  ["1.010", "1.10", 0, "leading zeros are nothing"],
  ["9007199254740993", "9007199254740992", 1, "numbers have no upper limit"],
  ["1:1", "2", 1, "an epoch beats every version without one"],
  ["0:1", "1", 0, "no epoch is epoch 0"],
  ["1-1", "1", 0, "a pkgrel counts only where both have one"],
  ["1-", "1-1", -1, "and an empty one is one"],
  ["", "1", -1, "nothing is older than a number"],
  ["", "a", 1, "and newer than letters"],
])("%j against %j is %d: %s", (a, b, order) => {
  expect(vercmp(a, b)).toBe(order);
});

test.each([
  ["1.2-1", "=", "1.2", true],
  ["1.2-1", "=", "1.2-2", false],
  ["1.2-1", ">", "1.2", false],
  ["1.2-1", ">=", "1.2", true],
  ["1.2-1", "<=", "1.2", true],
  ["1.2-1", "<", "1.10", true],
  ["1:1.0-1", "<", "2.0", false],
  ["2.0rc1-1", ">=", "2.0", false],
  ["1-64", "=", "1-64", true],
  ["1-64", "=", "1-32", false],
] as const)("%s against a dependency on %s%s: %s", (version, operator, wanted, fulfilled) => {
  expect(satisfies(version, { operator, version: wanted })).toBe(fulfilled);
});

test("a dependency without a version takes any, one with a version no unversioned provides", () => {
  expect(satisfies("1.0-1", {})).toBe(true);
  expect(satisfies(undefined, {})).toBe(true);
  expect(satisfies(undefined, { operator: ">=", version: "0" })).toBe(false);
});

test("100,000 versions sort in under 5 seconds of CPU, and two of a megabyte compare in under one", () => {
  const versions = Array.from({ length: 100_000 }, (_, i) => `${golden[i % golden.length]?.a}.${i % 977}`);
  expect(cpuTimeOf(() => versions.sort(vercmp))).toBeLessThan(5_000);
  const long = "1.".repeat(500_000);
  expect(cpuTimeOf(() => vercmp(`${long}1`, `${long}2`))).toBeLessThan(1_000);
});
