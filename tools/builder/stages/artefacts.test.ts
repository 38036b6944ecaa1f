import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, fileIn, listing } from "../../../test/world/building.ts";

/** Shell that puts a package with this .PKGINFO into $PKGDEST. */
const forge = (file: string, pkginfo: string): string => `
  mkdir -p forged && printf '%b' '${pkginfo}' > forged/.PKGINFO
  bsdtar -cf - -C forged .PKGINFO | zstd -q > "$PKGDEST/${file}"`;

const info = (pkgname: string, pkgbase: string, pkgver: string, more = ""): string =>
  `pkgname = ${pkgname}\\npkgbase = ${pkgbase}\\npkgver = ${pkgver}\\narch = any\\n${more}`;

describe.skipIf(cannotBuild !== "")(`artefacts ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  afterAll(() => workspace.remove());

  test.each([
    [
      "build() that makes the recipe claim another name",
      `build() { sed -i 's/^pkgname=.*/pkgname=bash/' "$startdir/PKGBUILD"; mkdir -p /build/bash/{pkg,src}; }`,
      /says it is of bash/,
    ],
    [
      "a package dropped beside the built one",
      `build() { ${forge("bash-9-1-any.pkg.tar.zst", info("bash", "bash", "9-1"))}; }`,
      /bash-9-1-any\.pkg\.tar\.zst says it is of bash/,
    ],
    [
      "a package dropped beside it that claims this pkgbase",
      `build() { ${forge("bash-1-1-any.pkg.tar.zst", info("bash", "forged", "1-1"))}; }`,
      /holds bash, and the recipe makes forged/,
    ],
    [
      "a package of another version",
      `build() { ${forge("forged-2-1-any.pkg.tar.zst", info("forged", "forged", "2-1"))}; }`,
      /has version 2-1, and the recipe has 1-1/,
    ],
    [
      "a package under another's name",
      `build() { ${forge("bash-1-1-any.pkg.tar.zst", info("forged", "forged", "1-1"))}; }`,
      /isn't what its name says/,
    ],
    [
      "a .PKGINFO that would run a command in repo-add",
      `build() { ${forge("x-1-1-any.pkg.tar.zst", info("x", "forged", "1-1", "a[$(id)] = 1\\n"))}; }`,
      /x-1-1-any\.pkg\.tar\.zst can't be taken/,
    ],
    ["a file that is no package", 'build() { echo > "$PKGDEST/notes.txt"; }', /notes\.txt isn't a package/],
    [
      "a package in a folder",
      `build() { mkdir "$PKGDEST/d"; ${forge("d/bash-1-1-any.pkg.tar.zst", info("bash", "bash", "1-1"))}; }`,
      /isn't a package/,
    ],
    [
      "an archive that is none",
      'build() { echo > "$PKGDEST/forged-1-1-x86_64.pkg.tar.zst"; }',
      /reading the packages failed/,
    ],
    [
      "package() that writes another .PKGINFO",
      `package() { write_pkginfo() { printf '%b' '${info("bash", "bash", "1-1", "size = 1\\n")}'; }; }`,
      /says it is of bash/,
    ],
    [
      "build() that raises the version",
      `build() { sed -i 's/^pkgver=.*/pkgver=99/' "$startdir/PKGBUILD"; }`,
      /has version 99-1, and the recipe has 1-1/,
    ],
  ])("%s is refused", async (_what, code, message) => {
    const body = code.includes("package()") ? code : `${code}\npackage() { :; }`;
    const { result, log } = await workspace.buildRecipe("forged", { code: body });
    expect({ ...result, log }).toMatchObject({ kind: "failed", message: expect.stringMatching(message) });
  });

  test.each([
    ["a reviewed .SRCINFO", ["forged"]],
    ["no .SRCINFO", null],
  ])(
    "with %s a version that build() writes where the builder's note lies changes nothing",
    async (_what, pkgnames) => {
      const { result, log } = await workspace.buildRecipe("forged", {
        code: `build() { echo 9-9 > "$PKGDEST/.version"; (while sleep 0.01; do echo 9-9 > "$PKGDEST/.version"; done) & }\npackage() { :; }`,
        pkgnames,
      });
      expect({ ...result, log }).toMatchObject({ kind: "built", version: "1-1" });
    },
  );

  test.each([
    ["reviewed", undefined],
    ["without .SRCINFO", null],
  ])("a recipe, %s, that says it is another folder's is refused", async (_what, pkgnames) => {
    const { result } = await workspace.buildRecipe("folder", {
      fields: { pkgbase: "bash" },
      ...(pkgnames === null && { pkgnames }),
    });
    expect(result).toMatchObject({ kind: "failed", message: expect.stringContaining("says it is of bash") });
  });

  test("debug symbols, which no recipe declares, are left out", async () => {
    const { result, log, files } = await workspace.buildRecipe("symbols", {
      code: `build() { ${forge("symbols-debug-1-1-any.pkg.tar.zst", info("symbols-debug", "symbols", "1-1"))}; }\npackage() { :; }`,
    });
    expect({ ...result, log }).toMatchObject({ kind: "built" });
    expect(files).toHaveLength(1);
    expect(log).toContain("symbols-debug-1-1-any.pkg.tar.zst holds debug symbols and is left out.");
  });

  test("an epoch that pkgver() smuggles in is refused", async () => {
    const { result } = await workspace.buildRecipe("epoch", {
      code: `pkgver() { sed -i 's/^pkgrel=.*/pkgrel=1\\nepoch=9/' "$startdir/PKGBUILD"; echo 2; }\npackage() { :; }`,
    });
    expect(result).toMatchObject({ kind: "failed", message: expect.stringContaining("changed the epoch") });
  });

  test("split packages with an epoch are all taken, each with its owners, modes and links", async () => {
    const { result, log, files } = await workspace.buildRecipe("split", {
      pkgnames: ["split-one", "split-two"],
      fields: { epoch: "3", groups: ["a-group"], replaces: ["bash"], provides: ["thing"] },
      code: `package_split-one() { mkdir "$pkgdir/usr"; echo 1 > "$pkgdir/usr/f"; chown 33:44 "$pkgdir/usr/f"; chmod 4750 "$pkgdir/usr/f"; ln -s f "$pkgdir/usr/l"; }
package_split-two() { mkdir "$pkgdir/opt"; echo 2 > "$pkgdir/opt/f"; }`,
    });
    expect({ ...result, log }).toMatchObject({
      kind: "built",
      version: "3:1-1",
      pkgnames: ["split-one", "split-two"],
    });
    expect(files.map((file) => file.slice(file.lastIndexOf("/") + 1))).toEqual([
      "split-one-3:1-1-any.pkg.tar.zst",
      "split-two-3:1-1-any.pkg.tar.zst",
    ]);
    expect(listing(files[0])).toMatch(/^-rwsr-x---\s+\d+\s+33\s+44\s.* usr\/f$/m);
    expect(listing(files[0])).toMatch(/^lrwxrwxrwx\s+\d+\s+0\s+0\s.* usr\/l -> f$/m);
    expect(fileIn(files[0], ".PKGINFO")).not.toMatch(/^(group|replaces) =/m);
    expect(fileIn(files[0], ".PKGINFO")).toMatch(/^provides = thing$/m);
    expect(log.match(/removed replaces and groups from split-\w+-3:1-1/g)).toHaveLength(2);
    expect(installed(workspace.base, files)).toEqual(["split-one 3:1-1", "split-two 3:1-1"]);
  });

  test("replaces and groups stay where BUILDER_ALLOW_PROHIBITED=true", async () => {
    const { log, files } = await workspace.buildRecipe("allowed", {
      fields: { groups: ["a-group"], replaces: ["bash"] },
      config: "BUILDER_ALLOW_PROHIBITED=true",
    });
    expect(fileIn(files[0], ".PKGINFO")).toMatch(/^group = a-group$/m);
    expect(fileIn(files[0], ".PKGINFO")).toMatch(/^replaces = bash$/m);
    expect(log).not.toContain("removed replaces");
  });

  test("two builds of one commit are the same, byte for byte, changed .PKGINFO included", async () => {
    workspace.writeRecipe("same", { fields: { groups: ["a-group"] } });
    const commit = workspace.commit("same");
    const [one, two] = [await workspace.build("same", { commit }), await workspace.build("same", { commit })];
    expect(one.files).toHaveLength(1);
    expect(readFileSync(one.files[0]!).equals(readFileSync(two.files[0]!))).toBe(true);
  });
});

/** What pacman has installed after it was given these files. */
function installed(base: string, files: readonly string[]): string[] {
  const root = mkdtempSync(join(base, "root-"));
  const database = join(root, "var/lib/pacman");
  mkdirSync(database, { recursive: true });
  const conf = join(root, "pacman.conf");
  writeFileSync(conf, "[options]\nArchitecture = x86_64\nLocalFileSigLevel = Never\n");
  const where = ["--root", root, "--dbpath", database, "--config", conf, "--noconfirm"];
  const pacman = (...args: string[]): string =>
    execFileSync("fakeroot", ["pacman", ...where, ...args], { encoding: "utf8", stdio: "pipe" });
  pacman("-U", ...files);
  return pacman("-Q").trim().split("\n");
}
