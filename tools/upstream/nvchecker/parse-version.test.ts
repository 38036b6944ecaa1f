import { describe, expect, test } from "vitest";
import { compareParsedVersions, pep440Kind } from "./parse-version.ts";

/** Each row from old to new, as Python's `sorted(…, key=parse_version)` of nvchecker 2.21 has it. */
const orders: readonly (readonly string[])[] = [
  ["1.0.dev1", "1.0a1", "1.0b2.dev3", "1.0b2", "1.0rc1", "1.0", "1.0+local.1", "1.0.post1", "1.1", "1!0.1"],
  ["v2.0-rc1", "v2.0", "v2.0.1", "v2.1-beta.2", "v2.1", "v2.10"],
  ["1.0+abc", "1.0+5", "1.0+5.1"],
  ["1.0-alpha", "1.0-beta", "1.0-preview", "1.0", "1.0-1", "1.0-r2"],
  ["20230101", "20240131.123456", "99999999999999999999.1"],
  // Without PEP 440's form: by words and padded numbers, and all before those that have it.
  ["release-1.9", "release-1.10rc1", "release-1.10", "release-1.10.1", "0.1"],
  ["v6.1-arch1", "v6.1.2-arch1", "v6.1.10-arch1", "v6.2-arch1", "v0.1"],
  ["llvmorg-16.0.6", "llvmorg-17.0.0-rc1", "llvmorg-17.0.0", "llvmorg-17.0.1"],
  ["", "latest", "nightly", "0"],
];

describe("nvchecker's order of versions", () => {
  test.each(orders)("%s comes before what follows it, whatever pacman thinks", (...versions) => {
    const shuffled = versions.toReversed();
    expect(shuffled.toSorted(compareParsedVersions)).toEqual(versions);
  });

  test.each([
    ["1.0", "v1.0.0"],
    ["1.0-rc1", "1.0c1"],
    ["1.0-1", "1.0.post1"],
    ["release-1.0", "release-1.0.0"],
  ])("%s and %s are one version", (a, b) => {
    expect(compareParsedVersions(a, b)).toBe(0);
    expect(compareParsedVersions(b, a)).toBe(0);
  });

  test.each([
    ["1.0", "release"],
    ["1.0.post2", "release"],
    ["1.0b1", "pre-release"],
    ["1.0.dev3", "pre-release"],
    ["0.5.13-hg", undefined],
  ] as const)("a project that follows only releases knows %s as %s", (version, kind) => {
    expect(pep440Kind(version)).toBe(kind);
  });
});
