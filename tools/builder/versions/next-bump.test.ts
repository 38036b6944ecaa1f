import { expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { readPackageConfig } from "../../workspace/config/config.ts";
import type { Package } from "../../workspace/workspace.ts";
import { nextBump } from "./next-bump.ts";

function pkg(pkgbase: string, recipe: string, config: string): Package {
  const [, epoch = "0", pkgver, pkgrel] = /^(?:(\d+):)?(.*)-(.*)$/.exec(recipe)!;
  const text = `pkgbase = ${pkgbase}\npkgver = ${pkgver}\npkgrel = ${pkgrel}\nepoch = ${epoch}\npkgname = ${pkgbase}`;
  return {
    pkgbase,
    srcinfo: parseSrcinfo(text),
    config: readPackageConfig({ kind: "file", text: config }).config,
  };
}

test.each([
  ["never published", "foo", "1.0-1", undefined, "", "1.0-1/1"],
  ["published as it is", "foo", "1.0-1", "1.0-1", "", "1.0-1/1"],
  ["published with a bump", "foo", "1.0-1", "1.0-1.2", "", "1.0-1/3"],
  ["a bump asked for that isn't built yet", "foo", "1.0-1", "1.0-1", "1.0-1/1", "1.0-1/2"],
  ["a bump asked for that is built", "foo", "1.0-1", "1.0-1.1", "1.0-1/1", "1.0-1/2"],
  ["a bump without a count", "foo", "1.0-1", "1.0-1", "1.0-1", "1.0-1/2"],
  ["a bump of an older version", "foo", "1.1-1", "1.1-1", "1.0-1/7", "1.1-1/1"],
  ["a bump of every version", "foo", "1.0-1", "1.0-1.3", "3", "1.0-1/4"],
  ["an epoch", "foo", "1:8.18.0-1", "1:8.18.0-1.1", "1:8.18.0-1/1", "1:8.18.0-1/2"],
  ["an epoch of zero", "foo", "1.0-1", "1.0-1", "0:1.0-1/4", "1.0-1/5"],
  [
    "a pkgrel with a point of the recipe's own",
    "foo",
    "20220623.1-2.1",
    "20220623.1-2.1",
    "",
    "20220623.1-2.1/1",
  ],
  ["that one bumped", "foo", "20220623.1-2.1", "20220623.1-2.1.4", "", "20220623.1-2.1/5"],
  ["a pkgrel that begins as the recipe's", "foo", "1.0-1", "1.0-10.2", "", "1.0-10/3"],
  ["a recipe that isn't built yet", "foo", "2.0-1", "1.0-1.2", "1.0-1/2", "2.0-1/1"],
  ["a VCS package, whose recipe has an old version", "foo-git", "r5.aa-1", "r9.bb-1.1", "", "r9.bb-1/2"],
  ["a VCS package, whose recipe has an odd version", "foo-git", "2020.01-1", "0.9.r5-1", "", "0.9.r5-1/1"],
  ["a recipe whose version is no version", "foo", "1.0 #-1", "1.0-1", "", "1.0-1/1"],
])("%s: one above", (_, pkgbase, recipe, published, bump, expected) => {
  expect(nextBump(pkg(pkgbase, recipe, `CI_PACKAGE_BUMP=${bump}`), published)).toEqual({ bump: expected });
});

test("names that are taken elsewhere are passed over", () => {
  const taken = ["1.0-1.4", "2.0-1.9", "1.0-1"];
  expect(nextBump(pkg("foo", "1.0-1", ""), "1.0-1.1", { taken })).toEqual({ bump: "1.0-1/5" });
});

test.each([
  ["bumps every version while none is published", undefined, "", "1"],
  ["and once more", undefined, "1", "2"],
  ["a bump of what .SRCINFO says would never apply", undefined, "r1-1/1", "1"],
  ["bumps the published version", "r2-1", "r1-1/1", "r2-1/1"],
])("a recipe that sets its version: %s", (_, published, config, bump) => {
  const recipe = pkg("foo", "r1-1", `CI_PACKAGE_BUMP=${config}`);
  expect(nextBump(recipe, published, { setsVersion: true })).toEqual({ bump });
});

test("a bump that couldn't be written as a setting is not made", () => {
  expect(nextBump(pkg("foo", "1.0-1", "CI_PACKAGE_BUMP=1.0-1/999999"), "1.0-1")).toEqual({
    skipped: "1.0-1 can't be bumped beyond 999999",
  });
});
