import { expect, test } from "vitest";
import { letsSomethingThrough, withApproved } from "../../tools/gate/approved.ts";
import { judge, type JudgeContext, type RecipeFiles } from "../../tools/gate/judge.ts";
import { bumped, context, file, filesOf, pkgbases, recipes } from "./recipes.ts";

// Two updates, each of which is taken without a person. What only both together do is found by a comparison with the
// recipe that a person approved.

const distribution = (names: string): JudgeContext["isInstallable"] => {
  const known = new Set(names.split(" "));
  return (relation) => known.has(relation);
};
const now = { ...context, isInstallable: distribution("gtk4 zlib libfoo.so=1-64 mesa") };
/** Ann is trusted, and her metadata is newer than her commit. */
const trusted: JudgeContext = {
  ...now,
  trustedMaintainers: new Set(["ann"]),
  metadataTime: 2,
  recipeCommitTime: 1,
};
const { PKGBUILD } = recipes.cmake;
const plain = (text: string): string =>
  text.replace("pkgver=2.2", "pkgver=2.3").replace(/(sha256sums=\(')\w+/, `$1${"d".repeat(64)}`);

interface Pair {
  readonly first: (text: string) => string;
  /** How the first is judged. */
  readonly when?: JudgeContext;
  readonly second?: (text: string) => string;
  /** How the second is judged. */
  readonly later?: JudgeContext;
  readonly files?: Readonly<Record<string, string>>;
}

const line =
  (text: string) =>
  (recipe: string): string =>
    recipe.replace("license=", `${text}\nlicense=`);
const depending =
  (relation: string) =>
  (recipe: string): string =>
    recipe.replace("(qt6-base)", `(qt6-base ${relation})`);
const building =
  (command: string) =>
  (recipe: string): string =>
    recipe.replace("cmake -B", `${command}\n  cmake -B`);

const pairs: Readonly<Record<string, Pair>> = {
  "a dependency that the distribution drops before the next update": {
    first: depending("gtk4"),
    later: { ...now, isInstallable: distribution("zlib") },
  },
  "one that is renamed there": {
    first: depending("mesa"),
    later: { ...now, isInstallable: distribution("mesa-git") },
  },
  "a soname that nobody provides any more": {
    first: depending("libfoo.so=1-64"),
    later: { ...now, isInstallable: distribution("gtk4") },
  },
  "a workspace's package that is held by now": {
    first: depending("zlib"),
    later: { ...now, isInstallable: distribution("gtk4") },
  },
  "where the distribution isn't known any more": { first: depending("gtk4"), later: context },
  "a makedepends that goes to the AUR": {
    first: (text) => text.replace("(cmake ninja)", "(cmake ninja gtk4)"),
    later: { ...now, isInstallable: distribution("zlib") },
  },
  "half of a jump of the version, beside a new pkgdesc": {
    first: (text) => text.replace("'A viewer'", "'Another'").replace("pkgver=2.2", "pkgver=9.2"),
    second: (text) => text.replace("pkgver=9.2", "pkgver=29.2"),
  },
  "digits by and by, beside a license": {
    first: (text) => text.replace("license=(GPL", "license=(MIT GPL").replace("pkgver=2.2", "pkgver=2.20000"),
    second: (text) => text.replace("pkgver=2.20000", "pkgver=2.200000"),
  },
  "a year by and by, beside an url": {
    first: (text) =>
      text
        .replace("url=https://fooview.org", "url=https://fooview.org/home")
        .replace("pkgver=2.2", "pkgver=16.2"),
    second: (text) => text.replace("pkgver=16.2", "pkgver=44.2"),
  },
  ...Object.fromEntries(
    Object.entries<(text: string) => string>({
      "a variable": line("_x=y"),
      "a conflict": line("conflicts=(glibc)"),
      "a backup": line("backup=(etc/fooview.conf)"),
      "a command": building("make all"),
      "a flag": (text) =>
        text.replace("-DCMAKE_INSTALL_PREFIX=/usr", "-DCMAKE_INSTALL_PREFIX=/usr -DWITH_X=ON"),
      "a package of the AUR": depending("evil-git"),
      "a provides": line("provides=(fooview-ng)"),
      "a group": line("groups=(viewers)"),
      "an option": line("options=(!buildflags)"),
      "a patch": (text) => text.replace("-Np1", "-Np0"),
      "another mirror": (text) =>
        text.replace("https://fooview.org/releases", "https://mirror.fooview.org/releases"),
      "an epoch": (text) => text.replace("epoch=1", "epoch=2"),
    }).map(([name, first]) => [
      `what trust let pass, used by another maintainer: ${name}`,
      { first, when: trusted },
    ]),
  ),
};

test.each(Object.entries(pairs))(
  "%s",
  (_, { first, when = now, second = plain, later = now, files = {} }) => {
    const one = first(bumped("cmake"));
    const two = second(one);
    expect(one).not.toBe(bumped("cmake"));
    expect(two).not.toBe(one);
    const [approved, made, next] = [PKGBUILD, one, two].map((text) => filesOf("cmake", text, files));
    expect(verdictOf(approved!, made!, when)).toBe("minor");
    expect(verdictOf(made!, next!, later)).toBe("minor");
    const whole = judge({ pkgbase: pkgbases.cmake, before: made, after: next!, approved }, later);
    expect(whole.verdict).toBe("major");
    expect(whole.findings.map(({ rule }) => rule)).toContain("since-approved");
  },
);

test("a checksum of another kind that comes, and the one before that goes then", () => {
  const [weaker, stronger] = [`sha256sums=(${"4".repeat(64)})`, `sha512sums=(${"5".repeat(128)})`];
  const [approved, made, next] = [
    checkedBy(weaker),
    checkedBy(`${weaker}\n${stronger}`),
    checkedBy(stronger),
  ];
  const step = judge({ pkgbase: "foo", before: approved, after: made }, now);
  expect(step.verdict).toBe("minor");
  expect(letsSomethingThrough(step)).toBe(true);
  const whole = judge({ pkgbase: "foo", before: made, after: next, approved }, now);
  expect(whole.findings.map(({ rule }) => rule)).toContain("since-approved");
});

test("two harmless steps pass together", () => {
  const [approved, made, next] = [
    PKGBUILD,
    depending("gtk4")(bumped("cmake")),
    plain(depending("gtk4")(bumped("cmake"))),
  ].map((text) => filesOf("cmake", text));
  expect(judge({ pkgbase: pkgbases.cmake, before: made, after: next!, approved }, now).verdict).toBe("minor");
});

test("where settings let major updates pass, danger that two of them make counts", () => {
  const [step, whole] = (["major", "dangerous"] as const).map((verdict) => ({
    verdict,
    findings: [
      { rule: "x", severity: verdict === "major" ? ("review" as const) : ("danger" as const), message: "x" },
    ],
    needs: [],
  }));
  expect(withApproved(step!, whole!).verdict).toBe("dangerous");
  expect(withApproved(step!, step!)).toEqual(step);
});

test("what a person approved can't be read any more: a person looks again", () => {
  const update = {
    pkgbase: pkgbases.cmake,
    before: filesOf("cmake"),
    after: filesOf("cmake", bumped("cmake")),
  };
  const { verdict, findings } = judge({ ...update, approved: "lost" }, now);
  expect(verdict).toBe("major");
  expect(findings.map(({ rule }) => rule)).toEqual(["approved-unknown"]);
});

function verdictOf(before: RecipeFiles, after: RecipeFiles, judging: JudgeContext): string {
  return judge({ pkgbase: pkgbases.cmake, before, after }, judging).verdict;
}

function checkedBy(sums: string): RecipeFiles {
  const text = `pkgname=foo\npkgver=1\npkgrel=1\narch=(x86_64)\nsource=(https://foo.example.org/foo-$pkgver.zip)\n${sums}\npackage() {\n  make install\n}\n`;
  return new Map([["PKGBUILD", file(text)]]);
}
