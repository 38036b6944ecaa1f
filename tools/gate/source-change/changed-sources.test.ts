import { expect, test } from "vitest";
import { parseSource } from "../sources/source-entry.ts";
import type { RecipeFiles } from "../update.ts";
import { changedSources, releasedFrom } from "./changed-sources.ts";

function recipe(...lines: string[]): RecipeFiles {
  const text = ["pkgname=foo", ...lines, ""].join("\n");
  return new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(text) }]]);
}

const url = "https://e.org/foo-$pkgver.tar.gz";
const [a, b] = ["a".repeat(64), "b".repeat(64)];

test.each<[what: string, before: RecipeFiles | undefined, after: RecipeFiles, expected: unknown]>([
  [
    "a version in its address",
    recipe("pkgver=1", `source=(${url} fix.patch)`, `sha256sums=(${a} SKIP)`),
    recipe("pkgver=2", `source=(${url} fix.patch)`, `sha256sums=(${b.toUpperCase()} SKIP)`),
    [["https://e.org/foo-1.tar.gz", a, "https://e.org/foo-2.tar.gz", b]],
  ],
  [
    "another content behind the same address",
    recipe("pkgver=1", "source=(https://e.org/foo.tar.gz)", `sha256sums=(${a})`),
    recipe("pkgver=1", "source=(https://e.org/foo.tar.gz)", `sha256sums=(${b})`),
    [["https://e.org/foo.tar.gz", a, "https://e.org/foo.tar.gz", b]],
  ],
  [
    "a source that comes, and a signature",
    recipe("pkgver=1", "source=(https://e.org/foo.tar.gz)", `sha256sums=(${a})`),
    recipe(
      "pkgver=1",
      "source=(https://e.org/foo.tar.gz{,.sig} git+https://e.org/x#tag=v1)",
      `sha256sums=(${a} SKIP SKIP)`,
    ),
    [[undefined, undefined, "git+https://e.org/x#tag=v1", undefined]],
  ],
  [
    "those of the architecture",
    recipe("pkgver=1", `source_x86_64=(${url})`, `source_aarch64=(${url}.arm)`),
    recipe("pkgver=2", `source_x86_64=(${url})`, `source_aarch64=(${url}.arm)`),
    [["https://e.org/foo-1.tar.gz", undefined, "https://e.org/foo-2.tar.gz", undefined]],
  ],
  [
    "nothing where all stays",
    recipe("pkgver=1", "source=(https://e.org/x)"),
    recipe("pkgver=2", "source=(https://e.org/x)"),
    [],
  ],
  [
    "all of a first recipe",
    undefined,
    recipe("pkgver=2", `source=(${url})`),
    [[undefined, undefined, "https://e.org/foo-2.tar.gz", undefined]],
  ],
  ["nothing where it can't be read", recipe("pkgver=1"), recipe("source=(("), []],
])("%s", (_, before, after, expected) => {
  const found = changedSources({ before, after }, "x86_64").map((pair) => [
    pair.before?.entry.text,
    pair.before?.sums.get("sha256"),
    pair.now.entry.text,
    pair.now.sums.get("sha256"),
  ]);
  expect(found).toEqual(expected);
});

test.each([
  [
    "https://github.com/tukaani/xz",
    "https://tukaani.org/xz-$pkgver.tar.gz",
    "https://github.com/tukaani/xz.git",
  ],
  [
    "https://github.com/tukaani/xz/",
    "https://tukaani.org/xz-$pkgver.tar.gz",
    "https://github.com/tukaani/xz.git",
  ],
  [
    "https://gitlab.gnome.org/a/b/c",
    "https://download.gnome.org/c-$pkgver.tar.xz",
    "https://gitlab.gnome.org/a/b/c.git",
  ],
  ["https://github.com/o/p", "https://files.pythonhosted.org/p-$pkgver.tar.gz", undefined],
  ["https://github.com/o/p", "https://github.com/o/p/archive/v$pkgver.tar.gz", undefined],
  ["https://github.com/o/p/issues", "https://e.org/p-$pkgver.tar.gz", undefined],
  ["https://github.com/o/--upload-pack=x", "https://e.org/p-$pkgver.tar.gz", undefined],
  ["http://github.com/o/p", "https://e.org/p-$pkgver.tar.gz", undefined],
  ["https://e.org/p", "https://e.org/p-$pkgver.tar.gz", undefined],
])("with the home %s, %s may be a release of %s", (home, source, project) => {
  const [changed] = changedSources(
    { before: undefined, after: recipe("pkgver=2", `url="${home}"`, `source=("${source}")`) },
    "x86_64",
  );
  expect(changed?.project).toEqual(project && { url: project, pkgver: "2" });
});

test.each([
  [
    "https://github.com/x/xz/releases/download/v5.6.1/xz-5.6.1.tar.gz",
    "https://github.com/x/xz.git",
    "v5.6.1",
  ],
  [
    "xz.tgz::https://git.e.org/x/xz/releases/download/release%2F1/x.tgz",
    "https://git.e.org/x/xz.git",
    "release/1",
  ],
  ["https://gitlab.com/a/b/c/-/releases/v1/downloads/c.tar.gz", "https://gitlab.com/a/b/c.git", "v1"],
  ["https://github.com/x/xz/archive/refs/tags/v5.6.1.tar.gz", undefined, undefined],
  ["https://github.com/x/xz/releases/download/-evil/xz.tar.gz", undefined, undefined],
  ["https://github.com/x/xz/releases/download/a..b/xz.tar.gz", undefined, undefined],
  ["https://github.com/x/xz/releases/download/v1~5/xz.tar.gz", undefined, undefined],
  ["ftp://github.com/x/xz/releases/download/v1/xz.tar.gz", undefined, undefined],
  ["git+https://github.com/x/xz/releases/download/v1/xz", undefined, undefined],
])("%s is of %s", (source, url, tag) => {
  const found = releasedFrom(parseSource(source));
  expect([found?.url, found?.tag]).toEqual([url, tag]);
});
