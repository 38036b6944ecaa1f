import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { readNvcheckerEntry } from "./nvchecker-config.ts";
import { nvcheckerKinds } from "./nvchecker-kinds.ts";

function recipe(files: Readonly<Record<string, string>>): RecipeFiles {
  return new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      { mode: "100644", bytes: Buffer.from(text) } as const,
    ]),
  );
}

/** In the forms that recipes of the AUR have, under other names. */
const real: readonly (readonly [toml: string, kind: string, options: Readonly<Record<string, unknown>>])[] = [
  ['[foo]\nsource = "git"\ngit = "https://e.org/foo.git"\n', "git", { git: "https://e.org/foo.git" }],
  [
    '[foo]\nsource = "git"\ngit = "https://e.org/foo.git"\nprefix = "v"\nexclude_regex = ".*-rc[0-9]" # candidates\n',
    "git",
    { prefix: "v", exclude_regex: ".*-rc[0-9]" },
  ],
  [
    "[foo]\nsource = 'git'\ngit = 'https://e.org/foo.git'\ninclude_regex = 'v\\d+(\\.\\d+)*-arch\\d+'\nfrom_pattern = '-([a-z])'\nto_pattern = '.\\1'\n",
    "git",
    { include_regex: "v\\d+(\\.\\d+)*-arch\\d+", to_pattern: ".\\1" },
  ],
  [
    '[foo]\nsource = "git"\ngit = "https://e.org/foo.git"\ninclude_regex = "v\\\\d+\\\\.\\\\d+"\nignored = "6.2.3"\n',
    "git",
    { include_regex: "v\\d+\\.\\d+", ignored: "6.2.3" },
  ],
  [
    "[foo]\nsource = 'git'\ngit = 'https://e.org/foo.git'\nsort_version_key = 'vercmp'\nprefix='release-'\n",
    "git",
    { sort_version_key: "vercmp" },
  ],
  [
    '[foo]\nsource = "git"\ngit = "https://e.org/foo"\nuse_commit = true\nbranch = "next"\n',
    "git",
    { use_commit: true, branch: "next" },
  ],
  [
    '[foo]\nsource = "github"\ngithub = "a/foo"\nprefix = "v"\nuse_latest_release = true\n',
    "github",
    { use_latest_release: true },
  ],
  [
    '[foo]\nsource = "github"\ngithub = "a/foo"\nhost = "github.com"\nuse_max_tag = "true"\n',
    "github",
    { use_max_tag: "true", host: "github.com" },
  ],
  [
    '[foo]\nsource = "github"\ngithub = "a/foo"\nuse_max_release = true\n',
    "github",
    { use_max_release: true },
  ],
  [
    "[foo]\nsource='github'\ngithub = 'a/foo'\nuse_latest_release = true\nfrom_pattern = '(?P<ver>\\d+)_.*'\nto_pattern = '\\g<ver>'\n",
    "github",
    { to_pattern: "\\g<ver>" },
  ],
  [
    '[foo]\nsource = "gitea"\nhost = "codeberg.org"\ngitea = "a/foo"\nuse_max_tag = true\n',
    "gitea",
    { host: "codeberg.org" },
  ],
  ['[foo]\nsource = "pypi"\npypi = "Foo_bar"\n', "pypi", { pypi: "Foo_bar" }],
  [
    '[foo]\nsource="regex"\nregex="foo-([0-9.]*).tar.gz"\nurl="https://e.org/foo/"\n',
    "regex",
    { regex: "foo-([0-9.]*).tar.gz" },
  ],
  [
    "[foo]\nuser_agent = 'curl/8.14.1'\nsource = \"regex\"\nurl = \"https://e.org/\"\nregex = 'v([\\d.-]+)'\n",
    "regex",
    { user_agent: "curl/8.14.1" },
  ],
  [
    '[foo]\nsource = "regex"\nurl = "https://e.org/"\nregex = "(?s)Package: foo\\\\n.*?Version: ([0-9.]+)-"\n',
    "regex",
    { regex: "(?s)Package: foo\\n.*?Version: ([0-9.]+)-" },
  ],
  [
    '[foo]\nsource = "jq"\nurl = "https://e.org/x"\nfilter = ".a[] | select(.b | test(\\"x$\\")) | .c"   # fix\nprefix = "C-"\n',
    "jq",
    { filter: '.a[] | select(.b | test("x$")) | .c' },
  ],
  [
    '[foo]\nsource = "httpheader"\nurl = "https://e.org/get"\nheader = "Location"\nregex = "\\\\d+"\n',
    "httpheader",
    { header: "Location", regex: "\\d+" },
  ],
  [
    '[foo]\nsource = "archpkg"\narchpkg = "bar"\nstrip_release = "true"\n',
    "archpkg",
    { strip_release: "true" },
  ],
  ["[foo]\nsource = 'manual'\n", "manual", {}],
];

/** Real files have these too. */
const unsupported = ["apt", "cmd", "android_sdk", "htmlparser", "pacman", "rpmrepo", "none"];

describe("a package's nvchecker file", () => {
  test.each(real)("is read as nvchecker reads it: %s", (toml, kind, options) => {
    const entry = readNvcheckerEntry("foo", recipe({ ".nvchecker.toml": toml }));
    expect(entry).toMatchObject({ name: "foo", kind, path: ".nvchecker.toml" });
    expect(Object.fromEntries(entry.options)).toMatchObject(options);
    expect(nvcheckerKinds.has(kind)).toBe(true);
  });

  test.each(unsupported)("may name the source %s, which is reported as unsupported", (kind) => {
    const entry = readNvcheckerEntry("foo", recipe({ "nvchecker.toml": `[foo]\nsource = "${kind}"` }));
    expect(entry.kind).toBe(kind);
    expect(nvcheckerKinds.has(kind)).toBe(false);
  });

  test.each([
    ["the pkgbase's own", '[bar]\nsource = "git"\n[foo]\nsource = "pypi"', "foo", "pypi"],
    ["the only one", '[foo-upstream]\nsource = "git"', "foo-upstream", "git"],
    ["the only one beside __config__", '[__config__]\noldver = "o"\n[bar]\nsource = "npm"', "bar", "npm"],
    ["one whose name needs quotes", '["foo.bar+"]\nsource = "git"', "foo.bar+", "git"],
    ["one without a source", '[foo]\ngithub = "a/foo"', "foo", "none"],
  ])("counts by its section: %s", (_, toml, name, kind) => {
    expect(readNvcheckerEntry("foo", recipe({ "nvchecker.toml": toml }))).toMatchObject({ name, kind });
  });

  test("without a dot is preferred to the one with a dot", () => {
    const files = { ".nvchecker.toml": '[foo]\nsource = "git"', "nvchecker.toml": '[foo]\nsource = "pypi"' };
    expect(readNvcheckerEntry("foo", recipe(files)).kind).toBe("pypi");
  });

  test.each([
    [{}, "has no nvchecker.toml or .nvchecker.toml"],
    [{ "nvchecker.toml": "" }, "nvchecker.toml has no section"],
    [{ "nvchecker.toml": "[a]\n[b]\n" }, "several sections and none for foo: a, b"],
    [{ "nvchecker.toml": 'source = "git"' }, "source is outside of a section"],
    [{ "nvchecker.toml": '[foo]\nsource = "git' }, "nvchecker.toml:2:"],
    [{ "nvchecker.toml": '[foo]\nsource = "a"\nsource = "b"' }, "isn't valid TOML"],
    [{ "nvchecker.toml": "[foo]\nsource = 1" }, "source must be text"],
    [{ "nvchecker.toml": "#".repeat(70_000) }, "at most 65536 bytes"],
  ] as const)("%o is reported as wrong, and where", (files, message) => {
    const read = (): unknown => readNvcheckerEntry("foo", recipe(files));
    expect(read).toThrow(SluiceError);
    expect(read).toThrow(message);
  });

  test("that is a symbolic link isn't followed", () => {
    const link = new Map([
      ["nvchecker.toml", { mode: "120000", bytes: Buffer.from("/etc/passwd") } as const],
    ]);
    expect(() => readNvcheckerEntry("foo", link)).toThrow("must be a plain file");
  });
});
