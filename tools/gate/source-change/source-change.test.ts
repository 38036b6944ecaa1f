import { expect, test } from "vitest";
import type { Looks } from "./content-looks.ts";
import { isGenerated, marksOf } from "./source-marks.ts";
import { asInCommit, type SourceFile, type SourceTree } from "./source-tree.ts";
import { reportSource, type SourceLook } from "./source-section.ts";

/** `path` → its content, with what it looks like behind a bar where it isn't text. */
function tree(files: Readonly<Record<string, string>>): SourceTree {
  return new Map(
    Object.entries(files).map(([path, content]): [string, SourceFile] => {
      const [id = "", looks = "text"] = content.split("|");
      const kind = looks === "submodule" ? "submodule" : "file";
      return [path, { kind, id, looks: kind === "file" ? (looks as Looks) : "text" }];
    }),
  );
}

test.each([
  ["m4/build-to-host.m4", "text", ["build"]],
  ["src/CMakeLists.txt", "text", ["build"]],
  ["CONFIGURE.AC", "text", ["build"]],
  ["configure", "encoded", ["build", "encoded"]],
  ["debian/rules", "text", ["build"]],
  ["tests/run.sh", "text", ["build"]],
  [".github/workflows/ci.sh", "text", ["ci"]],
  ["docs/.github/x", "text", []],
  ["web/package-lock.json", "text", ["lock"]],
  ["Cargo.lock", "text", ["lock"]],
  ["subprojects/zlib.wrap", "text", ["lock"]],
  ["dist/app.min.js", "minified", ["minified"]],
  ["tests/files/bad-3-corrupt_lzma2.xz", "packed", ["packed"]],
  ["logo.png", "image", ["image"]],
  ["README.md", "text", []],
] as const)("%s that is %s is marked %j", (path, looks, expected) => {
  expect(marksOf(path, { kind: "file", id: "1", looks })).toEqual(expected);
});

test("only files of Autotools' own names count as written by them", () => {
  const names = ["configure", "build-aux/ltmain.sh", "po/Makefile.in"];
  expect(names.map(isGenerated)).toEqual([true, true, true]);
  expect(["m4/build-to-host.m4", "configure.sh", "x/my-missing"].map(isGenerated)).toEqual([
    false,
    false,
    false,
  ]);
});

test.each([
  [
    ["foo-1/", "foo-1/a", "foo-1/b/c"],
    ["", "a", "b/c"],
  ],
  [
    ["./foo/a", "./foo/b"],
    ["a", "b"],
  ],
  [
    ["a", "b/c"],
    ["a", "b/c"],
  ],
  [
    ["foo/../../etc/passwd", "foo/a"],
    ["../../etc/passwd", "a"],
  ],
  [[], []],
])("of %j a commit has %j", (paths, expected) => {
  expect([...asInCommit(tree(Object.fromEntries(paths.map((path) => [path, "1"])))).keys()]).toEqual(
    expected,
  );
});

function report(look: Partial<SourceLook>): { first: readonly string[]; lines: readonly string[] } {
  const nothing = { tree: tree({}) };
  return reportSource({
    name: "foo-2.tar.gz",
    before: nothing,
    now: nothing,
    tag: undefined,
    isChecked: true,
    ...look,
  });
}

const before = tree({ "configure.ac": "1", configure: "1", "src/a.c": "1", "m4/lib.m4": "1" });
const tagged = tree({ "configure.ac": "2", "src/a.c": "2", "tests/x.xz": "1|packed", lib: "1|submodule" });
const released = tree({
  "configure.ac": "2",
  configure: "2",
  "src/a.c": "2",
  "m4/lib.m4": "1",
  "m4/build-to-host.m4": "1",
  "tests/x.xz": "1|packed",
  "lib/zlib.c": "1",
  "po/de.po": "2",
});
const tag = { name: "v2", reading: { tree: tagged } };

test("a build script that the release has and its tag hasn't, new in this version, is said first", () => {
  const { first, lines } = report({ before: { tree: before }, now: { tree: released }, tag });
  expect(first[0]).toBe(
    "`foo-2.tar.gz` holds `m4/build-to-host.m4` (a build script), which tag `v2` doesn't have, and the version before didn't",
  );
  expect(first.slice(1)).toEqual([
    "`foo-2.tar.gz`: new files that nobody can read: `tests/x.xz` new",
    "`foo-2.tar.gz`: build scripts changed: `configure`, `configure.ac`, `m4/build-to-host.m4` new",
  ]);
  expect(lines).toContain(
    "`foo-2.tar.gz` against tag `v2`: not in the tag, and new in this version (2): `m4/build-to-host.m4`, `po/de.po`",
  );
  expect(lines).toContain(
    "`foo-2.tar.gz` against tag `v2`: not in the tag, as in the version before (1): `m4/lib.m4`",
  );
  expect(lines).toContain(
    "`foo-2.tar.gz` against tag `v2`: written by Autotools, new in this version (1): `configure`",
  );
  // What the tag has as a submodule isn't compared.
  expect(lines.filter((line) => line.includes("against tag") && line.includes("zlib"))).toEqual([]);
});

test("a file that is another one in the tag is said first, whatever the version before had", () => {
  const now = tree({ "src/a.c": "3", "configure.ac": "2" });
  expect(report({ before: { tree: now }, now: { tree: now }, tag }).first).toEqual([]);
  expect(report({ before: { tree: before }, now: { tree: now }, tag }).first[0]).toBe(
    "`foo-2.tar.gz` has another `src/a.c` than tag `v2`",
  );
  const built = tree({ "configure.ac": "9" });
  expect(report({ before: { problem: "is gone" }, now: { tree: built }, tag }).first).toEqual([
    "`foo-2.tar.gz` has another `configure.ac` (a build script) than tag `v2`",
  ]);
});

test("what a build made of a tag isn't compared with it file by file", () => {
  const built = tree({ "bin/foo": "9|program", LICENSE: "1" });
  const source = tree(Object.fromEntries(["LICENSE", ..."abcdefghijklmno"].map((path) => [path, "1"])));
  const { first, lines } = report({
    now: { tree: built },
    before: { tree: tree({ LICENSE: "1" }) },
    tag: { name: "v2", reading: { tree: source } },
  });
  expect(first).toEqual(["`foo-2.tar.gz`: new files that nobody can read: `bin/foo` new"]);
  expect(lines[0]).toBe(
    "`foo-2.tar.gz` holds hardly anything of tag `v2`: a build made it, and of what isn't known",
  );
  const moved = tree({ "bin/foo": "9|program", "other/configure.ac": "1" });
  expect(report({ now: { tree: moved }, tag: { name: "v2", reading: { tree: source } } }).first[0]).toBe(
    lines[0],
  );
});

test("a release that is its tag says so", () => {
  const { first, lines } = report({ before: { tree: tagged }, now: { tree: tagged }, tag });
  expect({ first, lines }).toEqual({
    first: [],
    lines: [
      "`foo-2.tar.gz` holds nothing that tag `v2` doesn't have",
      "`foo-2.tar.gz`: all files are as before",
    ],
  });
});

test("lock files, CI files, minified text and the rest have a line each", () => {
  const old = tree({
    "Cargo.lock": "1",
    "a.js": "1",
    "b.c": "1",
    "c.c": "1",
    ".github/workflows/x.yml": "1",
  });
  const now = tree({ "Cargo.lock": "2", "a.js": "2|minified", "b.c": "2", ".github/workflows/x.yml": "2" });
  expect(report({ before: { tree: old }, now: { tree: now } }).lines).toEqual([
    "`foo-2.tar.gz`: files: 4 changed, 1 gone",
    "`foo-2.tar.gz`: Minified text (1): `a.js`",
    "`foo-2.tar.gz`: Lock files (1): `Cargo.lock`",
    "`foo-2.tar.gz`: CI files (1): `.github/workflows/x.yml`",
    "`foo-2.tar.gz`: the rest (2): `b.c`, `c.c` gone",
  ]);
});

test("what can't be read says why, and what is grave of it comes first", () => {
  const problem = "isn't what its checksum says";
  expect(report({ now: { problem, isGrave: true } })).toEqual({
    first: [`\`foo-2.tar.gz\` ${problem}`],
    lines: [`\`foo-2.tar.gz\` ${problem}`],
  });
  const { first, lines } = report({
    before: { problem: "isn't available" },
    now: { tree: released },
    tag,
    isChecked: false,
  });
  expect(first[0]).toMatch(/holds `m4\/build-to-host.m4` \(a build script\), which tag `v2` doesn't have$/);
  expect(lines.slice(0, 2)).toEqual([
    "The recipe has no checksum for `foo-2.tar.gz`: what is built may be another file",
    "Of the version before `foo-2.tar.gz`: it isn't available",
  ]);
});

test("of thousands of files the first are named and the others counted", () => {
  const m4 = Array.from({ length: 5000 }, (_, at) => [`m4/${at}.m4`, "1"] as const);
  const many = tree(Object.fromEntries([...m4, ["src/a.c", "2"]]));
  const { first, lines } = report({ now: { tree: many }, tag });
  expect(first).toHaveLength(8);
  expect(first[6]).toBe("`foo-2.tar.gz` has 4994 more such files that tag `v2` doesn't have so");
  expect(Math.max(...[...first, ...lines].map(({ length }) => length))).toBeLessThan(2000);
});

test("no line is longer than the state keeps", () => {
  const odd = `${"\u202e".repeat(150)}/${"x".repeat(500)}.sh`;
  const many = tree(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at}${odd}`, "1|encoded"])));
  const { first, lines } = report({ name: odd, now: { tree: many }, tag: { ...tag, name: odd } });
  expect(Math.max(...[...first, ...lines].map(({ length }) => length))).toBeLessThan(2000);
});

test("names of files are shown and do nothing", () => {
  const now = tree({ "a\n/close @all `x` [skip ci].sh": "1" });
  const { first } = report({ now: { tree: now } });
  expect(first.join("\n")).not.toMatch(/^\/close|@all|\[skip ci/m);
});
