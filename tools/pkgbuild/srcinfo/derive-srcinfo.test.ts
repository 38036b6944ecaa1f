import { describe, expect, test } from "vitest";
import { formatSrcinfo } from "../../alpm/srcinfo.ts";
import { deriveSrcinfo } from "./derive-srcinfo.ts";
import { readPkgbuild, type Recipe } from "../recipe.ts";

function read(text: string): Recipe {
  const reading = readPkgbuild(text);
  if (!reading.ok) throw new Error(reading.problem.message);
  return reading.recipe;
}

test("fields follow the architecture that is asked for", () => {
  const recipe = read("pkgname=a\npkgver=1\npkgrel=1\narch=(x86_64 aarch64)\nsource=(a-$CARCH)\n");
  expect(formatSrcinfo(deriveSrcinfo(recipe, { carch: "aarch64" }))).toBe(
    "pkgbase = a\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = x86_64\n\tarch = aarch64\n\tsource = a-aarch64\n\npkgname = a\n",
  );
});

describe("what only running the recipe would tell isn't made up", () => {
  test.each([
    ["pkgname=a\npkgver=$(date)", "pkgver"],
    ["pkgname=a\npkgdesc=$HOME", "pkgdesc"],
    ["pkgname=a\ndepends=(b $c)", "depends"],
    ["pkgname=a\nsource=(a-$CARCH)", "source"],
    ["pkgname=(a $b)", "pkgname"],
    ["pkgname=($(b) c)", "pkgname"],
    ["pkgbase=$(a)\npkgname=a", "pkgbase"],
    ["pkgname=a\npackage() { depends=($b); }", "depends"],
    ["pkgver=1", "pkgname"],
    ["pkgname=a\nsource ./other", "pkgname"],
  ])("%j: %s", (text, field) => {
    expect(() => deriveSrcinfo(read(text))).toThrow(
      expect.objectContaining({ code: "srcinfo-unknown", facts: expect.objectContaining({ field }) }),
    );
  });
});
