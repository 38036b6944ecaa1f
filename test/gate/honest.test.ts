import { describe, expect, test } from "vitest";
import { judge, type JudgeContext, judgeWith, type Update } from "../../tools/gate/judge.ts";
import { readAllowedLines } from "../../tools/gate/files/allowed-lines.ts";
import { answerTags } from "../../tools/gate/sources/tag-answers.ts";
import { bumped, context, file, filesOf, type RecipeName, recipes, pkgbases } from "./recipes.ts";

const names = Object.keys(recipes) as RecipeName[];

function updateOf(name: RecipeName, before: string, after: string, others = {}): Update {
  return { pkgbase: pkgbases[name], before: filesOf(name, before), after: filesOf(name, after, others) };
}

function verdictOf(update: Update, own: Partial<JudgeContext> = {}): string {
  const { verdict, findings } = judge(update, { ...context, ...own });
  return [
    verdict,
    ...findings.filter(({ severity }) => severity !== "info").map(({ message }) => message),
  ].join("\n");
}

/** What a formatter, or a tidy person, does to a text. */
const tidy: Readonly<Record<string, (text: string) => string>> = {
  nothing: (text) => text,
  "comments and blank lines": (text) =>
    `# A comment\n\n${text.replaceAll(/\n(\w+\(\))/g, "\n\n# A function\n$1")}\n\n`,
  "tabs for spaces": (text) => text.replaceAll(/^ {2}/gm, "\t"),
  "arrays over several lines": (text) =>
    text.replaceAll(
      /^(\w+)=\(((?:'[^']*' ?|[\w.-]+ ?)+)\)$/gm,
      (_, key: string, list: string) => `${key}=(\n  ${list.trim().replaceAll(" ", "\n  ")}\n)`,
    ),
  "braces around names": (text) =>
    text.replaceAll("$pkgver", "${pkgver}").replaceAll("$pkgname", "${pkgname}"),
  "other quotes": (text) => text.replaceAll(/^(\w+)='([^'$]*)'$/gm, '$1="$2"'),
  "no quotes": (text) => text.replaceAll(/'([\w.-]+)'/g, "$1"),
  "braces on a line of their own": (text) => text.replaceAll(/^([\w-]+)\(\) \{$/gm, "$1()\n{"),
  "comments behind checksums": (text) => text.replaceAll(/^(\w*sums\w*=.*\))$/gm, "$1 # checked"),
  "checksums as bare words": (text) => text.replaceAll(/'([0-9a-f]{64,})'/g, "$1"),
};

describe("a new version and nothing else is minor", () => {
  const cases = names.flatMap((name) => Object.keys(tidy).map((how) => [name, how] as const));
  test.each(cases.filter(([name]) => name !== "go"))("%s, with %s", (name, how) => {
    expect(verdictOf(updateOf(name, recipes[name].PKGBUILD, tidy[how]?.(bumped(name)) ?? ""))).toBe("minor");
  });

  test.each(cases)("%s, the same version with %s", (name, how) => {
    const { PKGBUILD } = recipes[name];
    expect(verdictOf(updateOf(name, PKGBUILD, tidy[how]?.(PKGBUILD) ?? ""))).toBe("minor");
  });

  test.each([
    ["a version with + in it", "rust", "pkgver=14.1.1", "pkgver=14.1.1+3"],
    ["a version with ~ in it", "rust", "pkgver=14.1.1", "pkgver=15.0~rc1"],
    ["pkgrel alone", "rust", "pkgver=14.1.1\npkgrel=1", "pkgver=14.1.1\npkgrel=2"],
    ["a source written out", "rust", "v$pkgver.tar.gz", "v14.1.1.tar.gz"],
    ["checksums in capitals", "rust", "e".repeat(128), "E".repeat(128)],
    ["the short address of a tag's archive", "rust", "archive/refs/tags/", "archive/"],
  ] as const)("%s", (_, name, old, now) => {
    const after = bumped(name).replace(old, now);
    expect(after).not.toBe(bumped(name));
    expect(verdictOf(updateOf(name, recipes[name].PKGBUILD, after))).toBe("minor");
  });

  test.each([
    ["carriage returns", (text: string) => text.replaceAll("\n", "\r\n")],
    ["no indentation", (text: string) => text.replaceAll("\t", "")],
  ])("a .SRCINFO that has %s as before", (_what, edit) => {
    const [before, after] = [recipes.rust.PKGBUILD, bumped("rust")].map((text) => {
      const files = new Map(filesOf("rust", text));
      return files.set(".SRCINFO", file(edit(new TextDecoder().decode(files.get(".SRCINFO")?.bytes))));
    });
    expect(verdictOf({ pkgbase: pkgbases.rust, before, after: after! })).toBe("minor");
  });

  test("pkgrel alone, without new checksums", () => {
    const { PKGBUILD } = recipes.cmake;
    expect(verdictOf(updateOf("cmake", PKGBUILD, PKGBUILD.replace("pkgrel=3", "pkgrel=4")))).toBe("minor");
  });

  test("comments in a scriptlet", () => {
    const { PKGBUILD, "suite.install": scriptlet } = recipes.split;
    expect(
      verdictOf(updateOf("split", PKGBUILD, PKGBUILD, { "suite.install": `# Says something\n${scriptlet}` })),
    ).toBe("minor");
  });

  test.each([
    ["asked of Git as signed", "rust", '$pkgver.tar.gz"', '$pkgver.tar.gz"?signed'],
    ["with a replacement that replaces nothing", "rust", "v$pkgver.tar.gz", "v${pkgver/[a-z]/.&}.tar.gz"],
    [
      "added where a setting says so",
      "cmake",
      "build() {",
      "_arch=${_arch:-true}\nif [[ ${_arch::1} == t ]]; then\n  _tag=v$pkgver-arch1\n  source+=(https://fooview.org/$_tag.patch)\n  sha256sums+=(SKIP)\nfi\n\nbuild() {",
    ],
  ] as const)("a source that is %s", (_, name, old, now) => {
    const [before, after] = [recipes[name].PKGBUILD, bumped(name)].map((text) => text.replace(old, now));
    expect(before).not.toBe(recipes[name].PKGBUILD);
    expect(verdictOf(updateOf(name, before!, after!))).toBe("minor");
  });

  test("old code at top level that nothing changed for", () => {
    const code = "_date=$(date +%s)\n[[ $CARCH == aarch64 ]] && _cross=1\n: ${_lto:=y}\n";
    expect(verdictOf(updateOf("rust", code + recipes.rust.PKGBUILD, code + bumped("rust")))).toBe("minor");
  });
});

/** A recipe that fetches from elsewhere. */
function at(address: string, text: string): string {
  return text.replaceAll('"https://fooview.org/releases', `"${address}/releases`);
}

describe("an address that was accepted once", () => {
  const addresses = {
    "a bare address": "http://192.168.1.7:8000",
    "an account in it": "https://mirror:guest@fooview.org",
    "an escaped slash in it": "https://gitlab.fooview.org/api/v4/projects/foo%2Fview",
    "letters beyond ASCII": "https://xn--fvew-loa.org",
  };
  test.each(Object.entries(addresses))("is no danger at the next bump: %s", (_, address) => {
    const [before, after] = [recipes.cmake.PKGBUILD, bumped("cmake")].map((text) => at(address, text)) as [
      string,
      string,
    ];
    expect(before).toContain(address);
    expect(verdictOf(updateOf("cmake", before, after))).toBe("minor");
  });

  test.each([
    ["another bare address", addresses["a bare address"], "http://192.168.1.9:8000"],
    ["another account", addresses["an account in it"], "https://root:guest@fooview.org"],
    [
      "another escape",
      addresses["an escaped slash in it"],
      "https://gitlab.fooview.org/api/v4/projects/foo%2e%2Fview",
    ],
    ["a bare address for a name", "https://fooview.org", addresses["a bare address"]],
  ])("and is one where it changes: %s", (_, was, is) => {
    const update = updateOf("cmake", at(was, recipes.cmake.PKGBUILD), at(is, bumped("cmake")));
    expect(verdictOf(update)).toMatch(/^dangerous\n/);
  });
});

describe("a commit", () => {
  const update = updateOf("go", recipes.go.PKGBUILD, bumped("go"));
  const commit = "76543210fedcba9876543210fedcba9876543210";

  test("is asked for where the source is kept, with the version it should be", () => {
    expect(judge(update, context).needs).toEqual([
      { url: "https://github.com/jesse/lazy.git", commit, version: "1.2.0_beta.2" },
    ]);
  });

  test.each([
    ["is minor as the tag of its version", { "v1.2.0-beta.2": commit }, "minor"],
    ["is held as the tag of another version", { "v1.2.0-beta.1": commit }, "major"],
    ["is held as the tag of a longer version", { "v11.2.0-beta.2": commit }, "major"],
    ["is held where the tag is another commit", { "v1.2.0-beta.2": "0".repeat(40) }, "major"],
  ])("%s", async (_, tags, verdict) => {
    const ask = answerTags(() => Promise.resolve(new Map(Object.entries(tags))));
    expect((await judgeWith(update, context, { ask, read: async () => context.readings })).verdict).toBe(
      verdict,
    );
  });

  test("is held where the host doesn't answer", async () => {
    const ask = answerTags(() => Promise.resolve(undefined));
    expect((await judgeWith(update, context, { ask, read: async () => context.readings })).verdict).toBe(
      "major",
    );
  });
});

describe("trust and settings", () => {
  const after = bumped("cmake").replace("depends=(qt6-base)", "depends=(qt6-base zlib)");
  const update = updateOf("cmake", recipes.cmake.PKGBUILD, after);
  const trust = { trustedMaintainers: new Set(["ann"]), metadataTime: 2, recipeCommitTime: 1 };

  test("all maintainers trusted, by metadata newer than the recipe: waived, and it says so", () => {
    const { verdict, findings } = judge(update, { ...context, ...trust });
    expect(verdict).toBe("minor");
    expect(findings[0]?.message).toContain("waived: trusted maintainers ann");
  });

  test.each([
    ["one of them isn't", { maintainersBefore: ["ann", "bob"], maintainersAfter: ["ann", "bob"] }],
    ["nobody maintains it", { maintainersBefore: [], maintainersAfter: [] }],
    ["the metadata is as old as the recipe", { metadataTime: 1 }],
    ["nobody knows when the recipe was committed", { recipeCommitTime: undefined }],
  ])("not waived where %s", (_, own) => {
    expect(judge(update, { ...context, ...trust, ...own }).verdict).toBe("major");
  });

  const hour = 3_600_000;
  const minor = updateOf("rust", recipes.rust.PKGBUILD, bumped("rust"));

  test("a minor update of strangers waits for the cooldown, counted from upstream's commit", () => {
    const own = { cooldownHours: 24, recipeCommitTime: 10 * hour, now: 20 * hour };
    expect(judge(minor, { ...context, ...own })).toMatchObject({ verdict: "minor", holdUntil: 34 * hour });
    expect(judge(minor, { ...context, ...own, now: 34 * hour }).holdUntil).toBeUndefined();
    const trusted = { ...own, trustedMaintainers: new Set(["ann"]), metadataTime: 11 * hour };
    expect(judge(minor, { ...context, ...trusted }).holdUntil).toBeUndefined();
  });

  test.each([
    ["^depends=", "minor"],
    ["qt6-[[:alnum:]]+", "minor"],
    ["zlib", "major"],
    ["^makedepends=;^depends=\\(qt6-base", "minor"],
    ["^(pkgver|source)=", "major"],
  ])("CI_PKGBUILD_CHANGE_ALLOW_REGEX=%s", (setting, verdict) => {
    expect(judge(update, { ...context, allowedLines: readAllowedLines(setting) }).verdict).toBe(verdict);
  });

  test("a pattern that would take others forever is matched in no time", () => {
    const [matcher] = readAllowedLines("^(a+)+$");
    const started = performance.now();
    expect(matcher?.matches(`${"a".repeat(50_000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test("a pattern that isn't one says so", () => {
    expect(() => readAllowedLines("(")).toThrow(/no regular expression/);
  });
});

function first(text: string): string {
  return judge({ pkgbase: "riptool", before: undefined, after: filesOf("rust", text) }, context).verdict;
}

test("a first recipe is for a person, and is dangerous by the same rules", () => {
  expect(first(recipes.rust.PKGBUILD)).toBe("major");
  expect(first(`${recipes.rust.PKGBUILD}\n_x=$(id)\n`)).toBe("dangerous");
  expect(first(recipes.rust.PKGBUILD.replace("cargo build --frozen", "npm install x; cargo build"))).toBe(
    "dangerous",
  );
});

test("a file that code at top level reads is as good as code", () => {
  const code = "source ./version.sh\n";
  const side = (version: string) =>
    filesOf("rust", code + recipes.rust.PKGBUILD, { "version.sh": `_v=${version}\n` });
  expect(judge({ pkgbase: "riptool", before: side("1"), after: side("2") }, context).verdict).toBe(
    "dangerous",
  );
});

function pkgbuildsAlone(before: string, after: string): Update {
  return {
    pkgbase: "riptool",
    before: new Map([["PKGBUILD", file(before)]]),
    after: new Map([["PKGBUILD", file(after)]]),
  };
}

test("a recipe that can't be read any more, and one that couldn't be before", () => {
  expect(judge(pkgbuildsAlone("a=1\n", "a='\n"), context).verdict).toBe("dangerous");
  expect(judge(pkgbuildsAlone("a='\n", recipes.rust.PKGBUILD), context).verdict).toBe("major");
});
