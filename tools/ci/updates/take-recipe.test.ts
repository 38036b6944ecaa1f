import { describe, expect, test } from "vitest";
import type { RecipeFiles } from "../../gate/update.ts";
import { takeRecipe } from "./take-recipe.ts";

function tree(...paths: string[]): RecipeFiles {
  return new Map(paths.map((path) => [path, { mode: "100644", bytes: new Uint8Array() } as const]));
}

describe("a recipe that would keep everybody from checking out main isn't taken", () => {
  test.each([
    ["a name longer than file systems have", ["x".repeat(256)]],
    ["a name that is longer in bytes", ["ü".repeat(128)]],
    ["a path longer than systems take", [Array.from({ length: 6 }, () => "x".repeat(200)).join("/")]],
    ["too many folders", [`${"x/".repeat(21)}x`]],
    ["a file that is a folder, too", ["x", "x/y"]],
    ["a file that is a folder further up", ["x", "x/y/z"]],
    ["macOS's .git", [".g\u200cit/config"]],
    ["Windows's .git", ["git~1/config"]],
    ["Windows's .git behind a backslash", ["x\\.git"]],
    ["Windows's .gitmodules", ["gitmod~1"]],
    ["Windows's .CI", [".CI./config"]],
    ["a path that leaves the folder", ["../x"]],
  ])("%s", (_, paths) => {
    expect(() => takeRecipe("foo", tree("PKGBUILD", ...paths))).toThrow(
      expect.objectContaining({ code: "recipe-path" }),
    );
  });
});

test("ordinary names are taken, those that systemd escapes, too", () => {
  const paths = [
    "PKGBUILD",
    "dev-disk-by\\x2dlabel.mount",
    "x".repeat(255),
    "a/b/c.patch",
    "x~1",
    "ü.desktop",
  ];
  const taken = takeRecipe("foo", tree(...paths)).map(({ path }) => path);
  expect(new Set(taken)).toEqual(new Set(paths));
});
