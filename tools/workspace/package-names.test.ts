import { describe, expect, test } from "vitest";
import { existingPackages, findPackage, meantPackages, nearestPackage } from "./package-names.ts";

const packages = new Map([
  ["libcalc", { pkgnames: ["libcalc", "libcalc-docs"] }],
  ["gtk", { pkgnames: ["gtk", "shared"] }],
  ["qt", { pkgnames: ["qt", "shared"] }],
]);

test.each([
  ["libcalc", "libcalc"],
  ["libcalc-docs", "libcalc"],
  ["shared", undefined],
  ["lib", undefined],
  ["__proto__", undefined],
])("%s is of the package %s", (name, pkgbase) => {
  expect(findPackage(name, packages)).toBe(pkgbase);
});

test.each([
  ["libcal", " (did you mean libcalc?)"],
  ["libcalc-doc", " (did you mean libcalc-docs?)"],
  ["firefox", ""],
])("nearest to %s:%s", (name, nearest) => {
  expect(nearestPackage(name, packages)).toBe(nearest);
});

describe("what is meant", () => {
  test("each package counts once, however it is named, and all means all", () => {
    expect(existingPackages(["qt", "libcalc-docs", "libcalc"], packages)).toEqual(["qt", "libcalc"]);
    expect(meantPackages(["all", "qt"], packages)).toEqual(["libcalc", "gtk", "qt"]);
  });

  test("every wrong name is listed", () => {
    expect(() => existingPackages(["qt", "libcal", "x"], packages)).toThrow(
      'there is no package "libcal" (did you mean libcalc?), "x" (did you mean qt?)',
    );
  });
});
