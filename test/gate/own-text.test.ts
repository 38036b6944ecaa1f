import { expect, test } from "vitest";
import { type Recipe, readPkgbuild } from "../../tools/pkgbuild/recipe.ts";
import { judgeOwnText } from "../../tools/gate/code/own-text.ts";

function recipeOf(text: string): Recipe {
  const reading = readPkgbuild(text);
  if (!reading.ok) throw new Error(reading.problem.message);
  return reading.recipe;
}

test.each([
  ["a comment of a recipe that reads nothing of itself", "make\n", "# why\nmake\n", 0],
  [
    "a comment of one that takes a file beside it by its name",
    "cp ../x.desktop .\n",
    "#\ncp ../x.desktop .\n",
    0,
  ],
  ["no comment of one that reads itself", "pkgver=1\nsh PKGBUILD\n", "pkgver=2\nsh PKGBUILD\n", 0],
  ["a word of a comment", "sh PKGBUILD # a\n", "sh PKGBUILD # b\n", 1],
  ["one line more", "f $LINENO\n", "\nf $LINENO\n", 1],
  ["a pattern beside the recipe", "#\ncat ../P*\n", "cat ../P*\n", 1],
  [
    "one line more, by makepkg's name for the recipe",
    'sed -n 2p "$BUILDFILE"\n',
    '\nsed -n 2p "$BUILDFILE"\n',
    1,
  ],
  ["one line more, where a variable is named by another", "f ${!_x}\n", "\nf ${!_x}\n", 1],
  ["what only a comment names", "# PKGBUILD\nmake\n", "# PKGBUILDs\nmake\n", 0],
])("%s", (_, before, after, findings) => {
  expect(judgeOwnText(recipeOf(before), recipeOf(after))).toHaveLength(findings);
});
