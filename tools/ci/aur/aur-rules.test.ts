import { expect, test } from "vitest";
import type { RecipeFile, RecipeFiles } from "../../gate/update.ts";
import { aurObjections } from "./aur-rules.ts";

const pkgbuild = "pkgname=foo\npkgver=1\npkgrel=1\narch=('any')\n";
const srcinfo = "pkgbase = foo\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = foo\n";

type Content = string | Buffer | { readonly mode: RecipeFile["mode"] };

function recipe(more: Record<string, Content | undefined> = {}): RecipeFiles {
  const files = new Map<string, RecipeFile>();
  const contents: Record<string, Content | undefined> = { PKGBUILD: pkgbuild, ".SRCINFO": srcinfo, ...more };
  for (const [path, content] of Object.entries(contents)) {
    if (content === undefined) continue;
    const isOdd = typeof content === "object" && "mode" in content;
    files.set(
      path,
      isOdd
        ? { mode: content.mode, bytes: Buffer.from("target") }
        : { mode: "100644", bytes: Buffer.from(content) },
    );
  }
  return files;
}

const withLines = (lines: string): string => srcinfo.replace("\tarch = any\n", `\tarch = any\n${lines}`);

test("a recipe as the AUR takes it has nothing against it", () => {
  const files = {
    "keys/pgp/ABC.asc": "key",
    "LICENSES/MIT.txt": "text",
    ".gitignore": "pkg/",
    link: { mode: "120000" } as const,
    "exact.bin": Buffer.alloc(256_000),
  };
  expect(aurObjections("foo", recipe(files))).toEqual([]);
});

test.each<[string, Parameters<typeof recipe>[0], string | RegExp]>([
  ["no PKGBUILD", { PKGBUILD: undefined }, "PKGBUILD is missing"],
  ["no .SRCINFO", { ".SRCINFO": undefined }, ".SRCINFO is missing"],
  ["a .SRCINFO that is a link", { ".SRCINFO": { mode: "120000" } }, ".SRCINFO is no text file"],
  ["a .SRCINFO that can't be read", { ".SRCINFO": "nonsense" }, /^\.SRCINFO:1:1: /],
  ["a .SRCINFO of nothing", { ".SRCINFO": "" }, ".SRCINFO: it is empty"],
  [
    "a stale .SRCINFO",
    { PKGBUILD: pkgbuild.replace("pkgver=1", "pkgver=2") },
    ".SRCINFO doesn't match PKGBUILD: pkgver",
  ],
  ["a folder", { "src/a.patch": "x" }, /^src\/a\.patch lies in a folder/],
  [
    "a folder of keys with something else",
    { "keys/pgp/run.sh": "x" },
    /^keys\/pgp\/run\.sh lies in a folder/,
  ],
  ["a folder below the licenses", { "LICENSES/a/MIT.txt": "x" }, /^LICENSES\/a\/MIT\.txt lies in a folder/],
  ["a submodule", { sub: { mode: "160000" } }, "sub is a submodule"],
  ["a large file", { "a.bin": Buffer.alloc(256_001) }, "a.bin has 251 KiB, more than 250 KiB"],
])("what the AUR would refuse is found before it is sent: %s", (_, files, objection) => {
  const found = aurObjections("foo", recipe(files));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(objection);
});

test.each([
  ["source = a.patch", "a.patch is missing, which .SRCINFO names as source"],
  ["source_x86_64 = b::c.patch", "c.patch is missing, which .SRCINFO names as source_x86_64"],
  ["install = foo.install", "foo.install is missing, which .SRCINFO names as install"],
  ["changelog = ChangeLog", "ChangeLog is missing, which .SRCINFO names as changelog"],
])("a file that .SRCINFO names has to be there: %s", (lines, objection) => {
  expect(aurObjections("foo", recipe({ ".SRCINFO": withLines(`\t${lines}\n`) }))).toContain(objection);
});

test("a description that is too long for the AUR is found before it is sent", () => {
  const lines = `\tpkgdesc = ${"x".repeat(256)}\n`;
  expect(aurObjections("foo", recipe({ ".SRCINFO": withLines(lines) }))).toContain(
    "pkgdesc has more than 255 characters",
  );
});

test("a source that is fetched from elsewhere needs no file", () => {
  const lines =
    "\tsource = https://example.org/a.tar.gz\n\tsource = b::git+https://example.org/b\n\tsource = lp:c\n";
  const found = aurObjections("foo", recipe({ ".SRCINFO": withLines(lines) }));
  expect(found.filter((objection) => objection.includes("is missing"))).toEqual([]);
});

test.each(["Foo", "_foo", "+foo", "foo@bar", "-foo"])("the AUR takes no package named %s", (name) => {
  expect(aurObjections(name, recipe())).toContainEqual(
    expect.stringContaining(`the AUR takes no package named ${name}`),
  );
});

test("a folder that holds another pkgbase's .SRCINFO isn't pushed to the AUR", () => {
  expect(aurObjections("bar", recipe())).toContain(".SRCINFO is of foo, not of bar");
});
