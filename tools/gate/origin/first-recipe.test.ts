import { describe, expect, test } from "vitest";
import { ReadByBash } from "../../../test/world/read-by-bash.ts";
import { judgeFirst, type FirstFacts } from "./first-recipe.ts";
import type { JudgeContext, RecipeFiles } from "../update.ts";

const day = 86_400;
const now = 1_780_000_000;

const context: JudgeContext = {
  architectures: ["x86_64"],
  trustedMaintainers: new Set(),
  now: now * 1000,
  cooldownHours: 0,
  allowedLines: [],
  readings: new ReadByBash(),
  tagAnswers: new Map(),
};

const known: FirstFacts = {
  aur: { votes: 100, firstSubmitted: now - 1000 * day },
  accounts: new Map([["alice", now - 2000 * day]]),
};

function recipe(pkgbase: string, { url = "", source = "" } = {}): RecipeFiles {
  const text =
    `pkgname=${pkgbase}\npkgver=1\npkgrel=1\narch=(any)\nurl='${url}'\nsource=('${source}')\n` +
    `sha256sums=('${"0".repeat(64)}')\n`;
  const sources = source === "" ? "" : `\tsource = ${source}\n\tsha256sums = ${"0".repeat(64)}\n`;
  const srcinfo = `pkgbase = ${pkgbase}\n\tpkgver = 1\n\tpkgrel = 1\n\turl = ${url}\n\tarch = any\n${sources}\npkgname = ${pkgbase}\n`;
  return new Map([
    ["PKGBUILD", { mode: "100644", bytes: Buffer.from(text) }],
    [".SRCINFO", { mode: "100644", bytes: Buffer.from(srcinfo) }],
  ]);
}

function rules(pkgbase: string, facts: FirstFacts, parts = {}): string[] {
  const { findings } = judgeFirst(pkgbase, recipe(pkgbase, parts), context, facts);
  const ours = /^(?:orphaned|young|unknown|few|foreign|brand)/;
  return findings.flatMap(({ rule, severity }) => (ours.test(rule) ? [`${severity} ${rule}`] : []));
}

test("a package that many use for long, of a known account, is read by a person and no more", () => {
  const own = { url: "https://example.org", source: "https://example.org/foo-1.tar.gz" };
  expect(judgeFirst("foo", recipe("foo", own), context, known)).toMatchObject({
    verdict: "major",
    findings: [{ rule: "new-package" }],
  });
});

describe("accounts and packages", () => {
  const cases: [what: string, facts: Partial<FirstFacts>, expected: string[]][] = [
    [
      "an account that submitted its first package last week",
      { accounts: new Map([["eve", now - 7 * day]]) },
      ["danger young-account"],
    ],
    [
      "a co-maintainer of that age",
      {
        accounts: new Map([
          ["alice", now - 900 * day],
          ["eve", now],
        ]),
      },
      ["danger young-account"],
    ],
    [
      "an adopter who never submitted anything",
      { accounts: new Map([["eve", undefined]]) },
      ["review unknown-account"],
    ],
    ["an orphan", { accounts: new Map() }, ["review orphaned"]],
    [
      "a package of last week",
      { aur: { votes: 5, firstSubmitted: now - 7 * day } },
      ["review young-package"],
    ],
    ["a package with four votes", { aur: { votes: 4, firstSubmitted: 0 } }, ["review few-votes"]],
    ["a recipe from elsewhere", { aur: undefined, accounts: new Map() }, []],
  ];
  test.each(cases)("%s", (_what, facts, expected) => {
    expect(rules("foo", { ...known, ...facts })).toEqual(expected);
  });
});

describe("names of well-known programs", () => {
  const fresh = { ...known, aur: { votes: 5, firstSubmitted: now - 20 * day } };
  test.each(["firefox-patch-bin", "librewolf-fix-bin", "zen-browser-patched-bin", "discord-fixed"])(
    "%s is dangerous however old it is",
    (name) => expect(rules(name, known)).toEqual(["danger brand-name"]),
  );
  test.each(["brave-bin", "visual-studio-code-bin", "firefox-esr-bin"])(
    "%s is, unless it's known for long",
    (name) => {
      expect(rules(name, known)).toEqual([]);
      expect(rules(name, fresh)).toContain("danger brand-name");
    },
  );
  test.each(["firefox", "wine-staging", "paru-bin", "fix-firefox", "bravery-bin"])(
    "%s is just a name",
    (name) => {
      expect(rules(name, { ...known, aur: undefined })).toEqual([]);
    },
  );
});

describe("sources", () => {
  const theirs: [url: string, source: string][] = [
    ["https://github.com/mozilla/firefox", "patches::git+https://github.com/danikpapas/zenbrowser-patch.git"],
    ["https://www.mozilla.org", "https://example.com/firefox.tar.gz"],
    ["https://www.mozilla.org", "git+https://github.com/danikpapas/firefox"],
    ["https://gitlab.com/foo/foo", "https://github.com/foo/foo/archive/1.tar.gz"],
    ["https://foo.co.uk", "https://bar.co.uk/foo.tar.gz"],
  ];
  test.each(theirs)("of %s, %s is somebody else's", (url, source) => {
    expect(rules("foo", known, { url, source })).toEqual(["review foreign-source"]);
  });

  const own: [url: string, source: string][] = [
    ["https://github.com/Morganamilo/paru", "git+https://github.com/morganamilo/paru.git"],
    ["https://github.com/foo/foo", "https://raw.githubusercontent.com/foo/foo/main/x"],
    ["https://foo.github.io/foo", "https://github.com/foo/bar/releases/download/1/foo.tar.gz"],
    ["https://abook.sourceforge.net", "git+https://git.code.sf.net/p/abook/git"],
    ["https://sourceforge.net/projects/abook", "https://downloads.sourceforge.net/project/abook/1.tar.gz"],
    ["https://www.gnu.org/software/autoconf", "git+https://git.savannah.gnu.org/git/autoconf.git"],
    ["https://ffmpeg.org", "git+https://github.com/FFmpeg/FFmpeg"],
    ["https://www.mozilla.org/firefox", "https://ftp.mozilla.org/pub/firefox.tar.xz"],
    ["https://github.com/psf/requests", "https://files.pythonhosted.org/packages/source/r/requests/r.tar.gz"],
    ["https://www.foo.co.uk", "https://dl.foo.co.uk/foo.tar.gz"],
    ["https://example.org", "local.patch"],
    ["", "https://example.org/foo.tar.gz"],
  ];
  test.each(own)("of %s, %s is its own", (url, source) => {
    expect(rules("foo", known, { url, source })).toEqual([]);
  });
});
