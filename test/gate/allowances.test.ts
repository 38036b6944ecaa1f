import { describe, expect, test } from "vitest";
import { judge, type RecipeFile } from "../../tools/gate/judge.ts";
import { bumped, context, filesOf, recipes } from "./recipes.ts";

type Files = Readonly<Record<string, string | RecipeFile | undefined>>;

interface Case {
  readonly name: string;
  /** The accepted text, and the new one; the recipe is `rust` with these edits on both sides. */
  readonly before: (text: string) => string;
  readonly after: (text: string) => string;
  readonly files?: Files;
  readonly filesAfter?: Files;
}

const same = (text: string): string => text;
const at = (code: string) => (text: string) => text.replace("\nprepare()", () => `\n${code}\n\nprepare()`);
const edit =
  (...pairs: readonly (readonly [old: string, now: string])[]) =>
  (text: string) =>
    pairs.reduce((edited, [old, now]) => {
      if (!edited.includes(old)) throw new Error(`nothing to replace: ${old}`);
      return edited.replaceAll(old, now);
    }, text);

function verdictOf({ before, after, files = {}, filesAfter = files }: Case): [string, ...string[]] {
  const { verdict, findings } = judge(
    {
      pkgbase: "riptool",
      before: filesOf("rust", before(recipes.rust.PKGBUILD), files),
      after: filesOf("rust", after(bumped("rust")), filesAfter),
    },
    context,
  );
  return [verdict, ...findings.map(({ rule, message }) => `${rule}: ${message}`)];
}

/** `eval` of what isn't known: from here on any variable may be anything. */
const spoils = 'for _p in "${pkgname[@]}"; do\n  eval "$(_of "$_p")"\ndone\n_of() {\n  date\n}';
const spoilt = at(spoils);
const srcinfo = (pkgver: string, pkgrel = "1"): Files => ({
  ".SRCINFO": `pkgbase = riptool\n\tpkgver = ${pkgver}\n\tpkgrel = ${pkgrel}\n\tarch = x86_64\n\npkgname = riptool\n`,
});

const named = "$pkgname-$pkgver.tar.gz::$url";
const hashes = { before: "6".repeat(64), after: "e".repeat(64) };
const inName = edit([named, `$pkgname-\${sha256sums[0]}.tar.gz::$url`], ["sha512sums=", "sha256sums="]);

const minor: readonly Case[] = [
  {
    name: "a new version before code that may change anything",
    before: spoilt,
    after: spoilt,
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: "a download that is kept under a name of its own",
    before: edit(["$pkgname-$pkgver.tar.gz::", ""]),
    after: same,
  },
  {
    name: "a source kept under a name with its checksum",
    before: (text) => inName(text).replace(hashes.before.repeat(2), hashes.before),
    after: (text) => inName(text).replace(hashes.after.repeat(2), hashes.after),
  },
  {
    name: "dependencies in another order",
    before: edit(["makedepends=('cargo')", "makedepends=('cargo' git cmake)"]),
    after: edit(["makedepends=('cargo')", "makedepends=(cmake cargo git)"]),
  },
  {
    name: "a date as a version, with points in the address",
    before: edit(["14.1.0", "20260801"], ["v$pkgver", "2026.08.01"]),
    after: edit(["14.1.1", "20260917"], ["v$pkgver", "2026.09.17"]),
  },
  {
    name: "the part of a version behind its +",
    before: edit(["14.1.0", "14.1.0+260522"], ["v$pkgver", "v14.1.0_PLUS_260522"]),
    after: edit(["14.1.1", "14.1.1+260818"], ["v$pkgver", "v14.1.1_PLUS_260818"]),
  },
  {
    name: "code that calls a function, neither of them changed",
    before: at("_ask() {\n  date\n}\n_when=$(_ask)"),
    after: at("_ask() {\n  date\n}\n_when=$(_ask)"),
  },
];

const dangerous: readonly Case[] = [
  {
    name: "a name of its own and another host",
    before: edit(["$pkgname-$pkgver.tar.gz::", ""]),
    after: edit(["::$url", "::https://example.org"]),
  },
  {
    name: "a version with code in it, before code that may change anything",
    before: spoilt,
    after: (text) => spoilt(text).replace("pkgver=14.1.1", "pkgver=14.1.1$(id)"),
    files: srcinfo("14.1.0"),
  },
  {
    name: "another value than the version, before code that may change anything",
    before: spoilt,
    after: (text) => spoilt(text).replace("url='https://github.com/burnt", "url='https://github.com/mallory"),
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: "a checksum that became SKIP, before code that may change anything",
    before: spoilt,
    after: (text) => spoilt(text).replace(/sha512sums=.*/, "sha512sums=(SKIP)"),
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: "a checksum with code in it, before code that may change anything",
    before: spoilt,
    after: (text) => spoilt(text).replace(/sha512sums=.*/, "sha512sums=('$(id)')"),
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: "one more checksum, before code that may change anything",
    before: spoilt,
    after: (text) => spoilt(text).replace(/(sha512sums=.*)\)/, "$1 SKIP)"),
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: "an assignment moved behind code that may change anything",
    before: spoilt,
    after: (text) => `${spoilt(text).replace("pkgrel=1\n", "")}\npkgrel=1\n`,
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: "a function changed that code may call which may change anything",
    before: spoilt,
    after: (text) => spoilt(text).replace("  date\n", "  date -u\n"),
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.1.1"),
  },
  {
    name: ".SRCINFO that no longer tells the version that is written",
    before: spoilt,
    after: spoilt,
    files: srcinfo("14.1.0"),
    filesAfter: srcinfo("14.9.9"),
  },
  {
    name: "a function that is called when the file is read",
    before: at("_ask() {\n  date\n}\n_when=$(_ask)"),
    after: at("_ask() {\n  date -u\n}\n_when=$(_ask)"),
  },
  {
    name: "a function behind one that is called when the file is read",
    before: at("_ask() {\n  _now\n}\n_now() {\n  date\n}\n_when=$(_ask)"),
    after: at("_ask() {\n  _now\n}\n_now() {\n  date -u\n}\n_when=$(_ask)"),
  },
  {
    name: "a function whose name is in a text that is run",
    before: at('_ask() {\n  date\n}\neval "_when=\\$(_ask)"'),
    after: at('_ask() {\n  date -u\n}\neval "_when=\\$(_ask)"'),
  },
  {
    name: "a file that such a function reads",
    before: at("_ask() {\n  . ./settings.conf\n}\n_when=$(_ask)"),
    after: at("_ask() {\n  . ./settings.conf\n}\n_when=$(_ask)"),
    files: { "settings.conf": "a=1\n" },
    filesAfter: { "settings.conf": "a=2\n" },
  },
  {
    name: "a variable that such a function reads",
    before: at('_from=1\n_ask() {\n  date "$_from"\n}\n_when=$(_ask)'),
    after: at('_from=2\n_ask() {\n  date "$_from"\n}\n_when=$(_ask)'),
  },
  {
    name: "code moved to where what it reads is something else",
    before: at('_from=a\n_when=$(date "$_from")\n_from=b'),
    after: at('_from=a\n_from=b\n_when=$(date "$_from")'),
  },
  {
    name: "a config read by a loop that only seems to define functions",
    before: at('for _p in a; do\n  eval "package_$_p() {\n  $(cat ./con*)\n}"\ndone'),
    after: at('for _p in a; do\n  eval "package_$_p() {\n  $(cat ./con*)\n}"\ndone'),
    files: { config: "a\n" },
    filesAfter: { config: "b\n" },
  },
];

const major: readonly Case[] = [
  {
    name: "a name of its own that isn't the package's",
    before: edit(["$pkgname-$pkgver.tar.gz::", ""]),
    after: edit(["$pkgname-$pkgver.tar.gz::", "cargo-$pkgver.tar.gz::"]),
  },
  {
    name: "a name of its own with another ending",
    before: edit(["$pkgname-$pkgver.tar.gz::", ""]),
    after: edit(["$pkgname-$pkgver.tar.gz::", "$pkgname-$pkgver.patch::"]),
  },
  {
    name: "a name of its own that another source has",
    before: edit(['("$pkgname-$pkgver.tar.gz::', '("'], ['.tar.gz")', '.tar.gz" riptool-14.1.1.tar.gz)']),
    after: edit(['.tar.gz")', '.tar.gz" riptool-14.1.1.tar.gz)']),
  },
  {
    name: "a name with a checksum that isn't the source's",
    before: edit([named, `$pkgname-${"6".repeat(64)}.tar.gz::$url`]),
    after: edit([named, `$pkgname-${"7".repeat(64)}.tar.gz::$url`]),
  },
  {
    name: "a checksum in an address, which chooses what is fetched",
    before: edit(
      ["$url/archive", "$url/6666666666666666666666666666666666666666666666666666666666666666/archive"],
      ["sha512sums=", "sha256sums="],
      ["6".repeat(128), "6".repeat(64)],
    ),
    after: edit(
      ["$url/archive", "$url/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee/archive"],
      ["sha512sums=", "sha256sums="],
      ["e".repeat(128), "e".repeat(64)],
    ),
  },
  {
    name: "a dependency in another's place",
    before: edit(["makedepends=('cargo')", "makedepends=('cargo' git)"]),
    after: edit(["makedepends=('cargo')", "makedepends=('cargo' got)"]),
  },
  {
    name: "sources in another order",
    before: edit(['v$pkgver.tar.gz")', 'v$pkgver.tar.gz" a.patch b.patch)']),
    after: edit(['v$pkgver.tar.gz")', 'v$pkgver.tar.gz" b.patch a.patch)']),
  },
  {
    name: "another date than the version's in the address",
    before: edit(["14.1.0", "20260801"], ["v$pkgver", "2026.08.01"]),
    after: edit(["14.1.1", "20260917"], ["v$pkgver", "2026.09.18"]),
  },
  {
    name: "the config of a kernel, whose code only defines functions",
    before: at(
      'for _p in "${pkgname[@]}"; do\n  eval "package_$_p() {\n    $(declare -f "_package${_p#$pkgbase}")\n    _package${_p#$pkgbase}\n  }"\ndone',
    ),
    after: at(
      'for _p in "${pkgname[@]}"; do\n  eval "package_$_p() {\n    $(declare -f "_package${_p#$pkgbase}")\n    _package${_p#$pkgbase}\n  }"\ndone',
    ),
    files: { config: "a\n" },
    filesAfter: { config: "b\n" },
  },
];

describe("allowed: an honest new version in an unusual form", () => {
  test.each(minor)("$name", (one) => {
    expect(verdictOf(one)).toEqual(["minor"]);
  });
});

describe("held for a person: what only looks like it", () => {
  test.each(major)("$name", (one) => {
    expect(verdictOf(one)[0]).toBe("major");
  });
});

describe("dangerous: what makes use of it", () => {
  test.each(dangerous)("$name", (one) => {
    expect(verdictOf(one)[0]).toBe("dangerous");
  });
});
