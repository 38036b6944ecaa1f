import { expect, test } from "vitest";
import { compareTags, compareVersions, isPrerelease, versionOf } from "./version.ts";

test.each([
  ["v1.2.0", "1.2.0"],
  ["handcrafted-1.0", "1.0"],
  ["release/2024.11", "2024.11"],
  ["v0.4.1-rc1", "0.4.1-rc1"],
  ["xv0.4.1", "0.4.1"],
  ["1.0-2", "1.0-2"],
  ["nightly", undefined],
  ["", undefined],
])("the tag %s names the version %s", (tag, version) => {
  expect(versionOf(tag)).toBe(version);
});

test("a prefix that several projects of a repository tell apart by isn't part of the version", () => {
  expect(versionOf("i686-tool/v2.0", "i686-tool/")).toBe("2.0");
});

// Rule 11 of https://semver.org has the prereleases of 1.0.0 in this order.
test("versions are ordered as numbers and words, not as text", () => {
  const ordered = [
    "0.4.1-rc1",
    "0.4.1",
    "0.9",
    "0.10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0-rc2",
    "1.0.0-rc10",
    "1.0.0",
    "1.0.1",
    "9007199254740993.0",
    "9007199254740994.0",
  ];
  expect(ordered.toReversed().sort(compareVersions)).toEqual(ordered);
  expect(compareVersions("1.0", "1.0.0")).toBe(0);
  expect(compareVersions("1.0+build2", "1.0+build1")).toBe(0);
});

test("a prerelease is known by its version", () => {
  const versions = ["1.0-alpha", "1.0.0-beta.2", "1.0-rc1", "1.0rc1", "1.0b2", "1.0.0-x", "1.0.dev3"];
  expect(versions.filter((version) => !isPrerelease(version))).toEqual([]);
  expect(["1.0", "1.1.1k", "1.0.2b", "1.0.Final", "1.0+build-7", "20260724"].filter(isPrerelease)).toEqual(
    [],
  );
});

test("tags without a version come before all that have one", () => {
  expect(["v0.10", "nightly", "v0.9", "handcrafted-1.0", "alpha"].sort((a, b) => compareTags(a, b))).toEqual([
    "alpha",
    "nightly",
    "v0.9",
    "v0.10",
    "handcrafted-1.0",
  ]);
});

test("a tag as long as Git allows takes no time", () => {
  expect(versionOf("-/".repeat(2_000))).toBeUndefined();
});
