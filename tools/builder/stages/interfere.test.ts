import { afterAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, fileIn } from "../../../test/world/building.ts";

const patch = (from: string, to: string): string =>
  `--- a/data.txt\n+++ b/data.txt\n@@ -1 +1 @@\n-${from}\n+${to}\n--- a/PKGBUILD\n+++ b/PKGBUILD\n@@ -3,3 +3,3 @@\n pkgrel=1\n-arch=('any')\n+arch=('any') # patched\n license=('MIT')\n`;

const packageData = 'package() { install -Dm644 data.txt PKGBUILD.built -t "$pkgdir/usr/share"; }';
const withData = {
  fields: { source: ["data.txt"], sha256sums: ["SKIP"] },
  code: `build() { cp "$startdir/PKGBUILD" PKGBUILD.built; echo "$_first" >> PKGBUILD.built; }\n${packageData}`,
};

describe.skipIf(cannotBuild !== "")(`interfere files ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  afterAll(() => workspace.remove());

  test("are applied in order, each named in the log, in the recipe's folder", async () => {
    const { result, log, files } = await workspace.buildRecipe("all-of-them", {
      ...withData,
      files: {
        "data.txt": "old\n",
        "a link's target": "through a link\n",
        ".CI/prepare":
          "test -f PKGBUILD\ntest \"$(id -u)\" = 0\n$CAUR_PUSH 'echo prepared > data.txt'\npacman -Syu --noconfirm some-package\npacman -Rdd some-package\n",
        ".CI/interfere.patch": patch("prepared", "patched"),
        ".CI/PKGBUILD.prepend": "_first=prepended",
        ".CI/PKGBUILD.append": "_first+=-appended\npkgdesc=$_first",
        ".CI/on-success.sh": 'echo "well done: $(ls "$PKGDEST")"\n$CAUR_PUSH "echo pushed"\nfalse',
        ".CI/on-failure.sh": "echo not this one",
      },
    });
    expect({ ...result, log }).toMatchObject({ kind: "built", version: "1-1" });
    expect(fileIn(files[0], "usr/share/data.txt")).toBe("patched\n");
    expect(fileIn(files[0], "usr/share/PKGBUILD.built")).toMatch(
      /^_first=prepended\n(.|\n)*# patched(.|\n)*_first\+=-appended\n(.|\n)*prepended-appended\n$/,
    );
    const applied = [...log.matchAll(/^:: Interfere(?: applied)?: (\S+)/gm)].map(([, file]) => file);
    expect(applied).toEqual([
      ".CI/prepare",
      ".CI/interfere.patch.",
      ".CI/PKGBUILD.prepend.",
      ".CI/PKGBUILD.append.",
      ".CI/on-success.sh",
    ]);
    expect(log).toMatch(/taken as done: pacman -Syu.*\n.*taken as done: pacman -Rdd/);
    expect(log).toContain("well done: all-of-them-1-1-any.pkg.tar.zst\npushed\n");
    expect(log).toContain(".CI/on-success.sh failed with exit code 1.");
    expect(log).not.toContain("not this one");
  });

  test("a patch of which one part doesn't fit is not applied at all, and the log says so", async () => {
    const { log, files } = await workspace.buildRecipe("misfit", {
      ...withData,
      files: { "data.txt": "newer\n", ".CI/interfere.patch": patch("older", "patched") },
    });
    expect(log).toMatch(/Interfere NOT applied: \.CI\/interfere\.patch/);
    expect(fileIn(files[0], "usr/share/data.txt")).toBe("newer\n");
    expect(fileIn(files[0], "usr/share/PKGBUILD.built")).not.toContain("# patched");
  });

  test("a recipe that isn't UTF-8 keeps its bytes", async () => {
    workspace.writeRecipe("latin", {
      code: 'package() { install -D "$startdir/PKGBUILD" "$pkgdir/recipe"; }',
    });
    const pkgbuild = Buffer.from(`${workspace.read("packages/latin/PKGBUILD")}# Andr\xe9\n`, "latin1");
    workspace.write("packages/latin/PKGBUILD", pkgbuild);
    workspace.write("packages/latin/.CI/PKGBUILD.append", "pkgdesc=appended");
    const { files, log } = await workspace.build("latin");
    expect(log).toContain("Interfere applied: .CI/PKGBUILD.append.");
    expect(Buffer.from(fileIn(files[0], "recipe", "latin1"), "latin1").includes(pkgbuild)).toBe(true);
  });

  test.each([
    ["skips the build with CI_CODE_SKIP", 'return "$CI_CODE_SKIP"', "skipped", "exit code 123"],
    ["fails the build", "false\necho unreached", "failed", ".CI/prepare failed"],
    ["that removes the recipe fails the build", "rm PKGBUILD", "failed", "no PKGBUILD"],
    [
      "that puts a folder in a file's place fails the build",
      "mkdir .CI/PKGBUILD.append",
      "failed",
      "isn't a file that can be read",
    ],
  ])("a prepare file %s", async (_what, prepare, kind, message) => {
    const files = { ".CI/prepare": prepare };
    const { result, log } = await workspace.buildRecipe("prepared", { files });
    expect({ ...result, log }).toMatchObject({ kind, message: expect.stringContaining(message) });
    expect(log).not.toContain("unreached");
  });

  test("a failing build runs on-failure.sh, whose own failure changes nothing", async () => {
    const { result, log } = await workspace.buildRecipe("failing", {
      code: "build() { false; }\npackage() { :; }",
      files: { ".CI/on-failure.sh": "test -f PKGBUILD && echo sorry\nexit 9" },
    });
    expect(result).toMatchObject({ kind: "failed", message: expect.stringContaining("in build()") });
    expect(log).toContain("sorry\n:: Interfere: .CI/on-failure.sh failed with exit code 9.");
  });

  test.each([
    ["4", {}, "", "1-1.4"],
    ["1-1/2", {}, "", "1-1.2"],
    ["0:1-1", {}, "", "1-1.1"],
    ["1:1-1/2", {}, "", "1-1"],
    ["4", {}, "CI_MANAGE_AUR=true\n", "1-1"],
    ["3", { pkgver: "1.r1" }, "", "2.r7-1.3"],
    ["2.r7-1/3", { pkgver: "1.r1", epoch: "1" }, "", "1:2.r7-1"],
    ["1:2.r7-1/3", { pkgver: "1.r1", epoch: "1", pkgrel: "5" }, "", "1:2.r7-1.3"],
    ["'$(touch${IFS}hurt)';touch${IFS}hurt;-1/2", {}, "", "1-1"],
  ])("CI_PACKAGE_BUMP=%s of %j %s makes %s", async (bump, fields, more, version) => {
    const pkgver = "pkgver" in fields ? "pkgver() { echo 2.r7; }\n" : "";
    const { result, log, files } = await workspace.buildRecipe("bumped", {
      fields,
      code: `${pkgver}package() { [ ! -e "$startdir/hurt" ]; }`,
      config: `CI_PACKAGE_BUMP=${bump}\n${more}`,
    });
    expect({ ...result, log }).toMatchObject({ kind: "built", version });
    expect(fileIn(files[0], ".PKGINFO")).toContain(`pkgver = ${version}\n`);
    expect(log.includes("(CI_PACKAGE_BUMP)")).toBe(more === "");
  });
});
