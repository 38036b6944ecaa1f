import { expect, test } from "vitest";
import { cpuTimeOf } from "../../../test/world/cpu-time.ts";
import { compare, newestVersionTag } from "./version-tags.ts";

const releases = { preReleases: false };

test.each<[current: string, tags: string[], expected: string | undefined]>([
  ["1.2.0", ["v1.2.0", "v1.10.0", "v1.9.0"], "v1.10.0"],
  ["1.2.0", ["1.2.0", "v1.3.0"], "v1.3.0"],
  [
    "1.2.0",
    ["v1.2.0", "v1.3.0-rc1", "v1.3.0-beta.2", "v1.3.0a1", "v1.3.0b2", "v1.3.0.dev3", "nightly"],
    "v1.2.0",
  ],
  ["1.2.0", ["v1.2.0", "2024-11-20", "20241120", "2024.11.20", "nightly-20241120"], "v1.2.0"],
  ["20240101", ["20240101", "20241120"], "20241120"],
  ["2024.1", ["2024.1", "2024.2.1"], "2024.2.1"],
  ["2024.11.3", ["2024.11.3", "2024.12.10"], "2024.12.10"],
  ["7.1", ["n7.1", "n7.2-dev", "n7.1.1", "v9"], "n7.1.1"],
  ["3.4.0", ["openssl-3.4.0", "openssl-3.5.0", "OpenSSL_1_1_1w", "master-20240101"], "openssl-3.5.0"],
  ["1.0", ["cli-v1.0", "library-v1.0", "library-v9.0", "cli-v1.1"], "cli-v1.1"],
  ["1.0", ["cli-v1.0", "v1.0", "cli-v9.0", "v1.1"], "v1.1"],
  ["2024a", ["2024a", "2024b"], "2024b"],
  ["1.1.1a", ["1.1.1a", "1.1.1w"], "1.1.1w"],
  ["1.0", ["cli-v1.0", "lib-v9.0", "cli-v1.1", "v5.0"], "cli-v1.1"],
  ["22.01", ["7zip-22.01", "7zip-23.00"], "7zip-23.00"],
  ["2.6.1", ["R_2_6_1", "R_2_7_0", "R_2_7_0_rc1"], "R_2_7_0"],
  ["1.2.3", ["release-1-2-3", "release-1-2-10"], "release-1-2-10"],
  ["1.2.3", ["release/1.2.3", "release/1.3.0"], "release/1.3.0"],
  ["1.2.3", ["x11.2.3", "v1.2.3", "v1.2.4"], "v1.2.4"],
  ["1.5", ["v1.6", "v1.7-linux", "windows-2.0"], "v1.6"],
  ["1.5", ["foo-1.6", "foo-1.7"], "foo-1.7"],
  ["2.0", ["v1.0", "v1.9"], undefined],
  ["2.0", [], undefined],
  [
    "1.2.0",
    ["v1.2.0", "v1.3.0/../../evil", "v1.3.0#x", "v1.3.0 x", "v1.3.0@y", "v1:9", "v1.3.0$(id)"],
    "v1.2.0",
  ],
])("at %s, of %j the newest version is %s", (current, tags, expected) => {
  expect(newestVersionTag(tags, current, releases)?.name).toBe(expected);
  expect(newestVersionTag(tags.toReversed(), current, releases)?.name).toBe(expected);
});

test("underscores that stand for dots become dots again", () => {
  expect(newestVersionTag(["R_2_6_1", "R_2_7_0"], "2.6.1", releases)?.version).toBe("2.7.0");
});

test("pre-releases count for those who ask for them, and give way to their release", () => {
  const rules = { preReleases: true };
  expect(newestVersionTag(["v1.0", "v1.1-rc1", "v1.1-rc2"], "1.0", rules)?.version).toBe("1.1-rc2");
  expect(newestVersionTag(["v1.0", "v1.1-rc2", "v1.1"], "1.1rc2", rules)?.version).toBe("1.1");
  expect(newestVersionTag(["v1.0", "v1.1.0-beta.9", "v1.1.0-beta.10"], "1.0", rules)?.version).toBe(
    "1.1.0-beta.10",
  );
});

test("a filter leaves the branch of versions that a package stays on", () => {
  const tags = ["v1.9.1", "v1.9.2", "v2.0.0"];
  expect(newestVersionTag(tags, "1.9.1", { ...releases, filter: "^v1\\." })?.name).toBe("v1.9.2");
  const programs = ["cli-v1.0", "library-v1.0", "library-v9.0", "cli-v1.1"];
  expect(newestVersionTag(programs, "1.0", { ...releases, filter: "^library-" })?.name).toBe("library-v9.0");
  expect(newestVersionTag(["v1.9", "v2.0"], "1.9", { ...releases, filter: "^v2" })?.name).toBe("v2.0");
  expect(() => newestVersionTag(tags, "1.9.1", { ...releases, filter: "(" })).toThrow(
    /is no regular expression/,
  );
});

test("a filter and a tag that are made to take long don't", () => {
  const hostile = [`v1.${"1".repeat(150)}x`, "a".repeat(100_000)];
  const milliseconds = cpuTimeOf(() => newestVersionTag(hostile, "1.0", { ...releases, filter: "(1*)*y$" }));
  expect(milliseconds).toBeLessThan(2000);
});

test.each([
  ["1.0-rc1", "1.0", -1],
  ["1.0.rc1", "1.0", -1],
  ["1.0_beta2", "1.0rc1", -1],
  ["1.0-alpha.2", "1.0-alpha.10", -1],
  ["1.0-1", "1.0", 1],
  ["1.0.a", "1.0.a", 0],
])("%s against %s is %i", (a, b, order) => {
  expect(compare(a, b)).toBe(order);
});
