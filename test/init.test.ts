import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { pacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { registryReachable } from "./world/registry.ts";
import { sluice } from "./world/sluice.ts";

const unable = [
  ...missingPrograms("makepkg", "pacman", "pacman-key"),
  ...(probeBubblewrap() ? ["bwrap"] : []),
];
const offline = !registryReachable();
let base: string;
let dir: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "sluice-init-"));
  dir = join(base, "mine");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function git(...args: string[]): string {
  return execFileSync("git", ["-C", dir, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

const read = (path: string): string => readFileSync(join(dir, path), "utf8");
const init = (...args: string[]): ReturnType<typeof sluice> => sluice(["init", ...args], { cwd: base });

describe.skipIf(offline)("sluice init (needs npm's registry)", () => {
  test("makes a workspace that runs the Sluice of its own lock file, from the first commit on", async () => {
    const { code, stdout } = await init("mine", "--gitlab", "--commit");
    expect([code, stdout]).toEqual([0, expect.stringContaining("cd mine")]);
    expect(git("status", "--porcelain")).toBe("");
    expect(existsSync(join(dir, ".github"))).toBe(false);
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: dir, stdio: "ignore" });
    write("packages/foo/PKGBUILD", "pkgname=foo\npkgver=1\npkgrel=1\narch=(any)\n");
    write(
      "packages/foo/.SRCINFO",
      "pkgbase = foo\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = foo\n",
    );
    git("add", "-A");
    git("commit", "-q", "-m", "foo");
    // npx itself, not what other tests have in its place.
    const env = { ...process.env, PATH: process.env["PATH"]!.split(delimiter).slice(1).join(delimiter) };
    const run = (...args: string[]): string =>
      execFileSync("npx", ["--no-install", "sluice", ...args], {
        cwd: dir,
        encoding: "utf8",
        stdio: "pipe",
        env,
      });
    expect(run("on-commit")).toMatch(/build {2}foo +any +commit \w+ added the package/);
    expect(() => run("lint")).not.toThrow();
    expect(git("status", "--porcelain")).toBe("");
    expect(JSON.parse(read(".ci/schedule.json"))).toMatchObject({ source: "mine", target: "mine" });
  });

  test("takes an empty Git repository as it is, and commits nothing unless told to", async () => {
    execFileSync("git", ["init", "-q", "-b", "trunk", dir]);
    const { code, stdout } = await init("mine", "--github", "--schedule-to", "runners");
    expect([code, stdout]).toEqual([0, expect.stringContaining("git add --all && git commit")]);
    expect(git("symbolic-ref", "HEAD")).toBe("refs/heads/trunk");
    expect(git("for-each-ref")).toBe("");
    expect(read(".ci/config")).toContain("\nCI_SCHEDULE_TO=runners\n");
    expect(existsSync(join(dir, ".gitlab-ci.yml"))).toBe(false);
  });

  test("shows with --dry-run what it would write, and writes nothing", async () => {
    const { code, stdout, stderr } = await init("mine", "--dry-run");
    expect(stderr).toContain("asking npm's registry for the checksums");
    expect([code, stdout]).toEqual([0, expect.stringContaining("write   .gitlab-ci.yml")]);
    expect(readdirSync(base)).toEqual([]);
  });
});

describe("sluice init", () => {
  test("refuses a folder with something in it, and names that", async () => {
    write("thesis.tex", "years of work");
    const { code, stderr } = await init("mine");
    expect([code, stderr]).toEqual([2, expect.stringContaining("is not empty: thesis.tex")]);
    expect(readdirSync(dir)).toEqual(["thesis.tex"]);
  });

  test.skipIf(unable.length > 0)(
    `takes a folder of PKGBUILDs to an installed package in three commands${unable.map((name) => `, ${name} missing`).join("")}`,
    async () => {
      for (const [name, needs] of [
        ["app", "lib"],
        ["lib", ""],
      ] as const) {
        const body = `install -Dm644 /dev/null "$pkgdir/usr/share/${name}/here"`;
        const head = `pkgname=${name}\npkgver=1\npkgrel=1\narch=(any)\nlicense=(0BSD)\ndepends=(${needs})\n`;
        write(`${name}/PKGBUILD`, `${head}package() {\n  ${body}\n}\n`);
      }
      expect((await init("mine", "--commit")).code).toBe(0);
      expect([existsSync(join(dir, "packages")), git("status", "--porcelain")]).toEqual([false, ""]);
      expect((await sluice(["build-into", ".sluice/built", "app"], { cwd: dir })).code).toBe(0);
      const folder = join(dir, ".sluice/built");
      const client = await pacmanClient("mine", `file://${folder}`);
      const files = ["app", "lib"].map((name) => join(folder, name, `${name}-1-1-any.pkg.tar.zst`));
      expect(await client.pacman("-U", ...files)).toMatchObject({ ok: true });
      expect(await client.installed()).toEqual({ app: "1-1", lib: "1-1" });
      await client.close();
    },
  );

  test("overwrites nothing of a folder with packages", async () => {
    write("foo/PKGBUILD", "pkgname=foo\npkgver=1\npkgrel=1\narch=(any)\n");
    write("README.md", "mine");
    const { code, stderr } = await init("mine");
    expect([code, stderr]).toEqual([2, expect.stringContaining("would be overwritten: README.md")]);
    expect(readdirSync(dir).sort()).toEqual(["README.md", "foo"]);
  });

  test("refuses a name that no package repository can have", async () => {
    const { code, stderr } = await init("mine", "--name", "my packages");
    expect([code, stderr]).toEqual([2, expect.stringContaining('"my packages" can\'t be the name')]);
  });
});

/** A repository as Chaotic-AUR's template makes them: packages at the root, bash pipelines. */
function chaotic(): void {
  execFileSync("git", ["init", "-q", "-b", "main", dir]);
  write(
    ".ci/config",
    '# ours\nBUILD_REPO="chaotic-aur"\nREPO_NAME="chaotic-aur"\nCI_DEFAULT_CLASS=5\nGIT_AUTHOR_EMAIL=ci@example.org\n',
  );
  write(".ci/aur-maintainers", "jane\n");
  write(".ci/aur-state", "1700000000\n");
  write(".ci/on-commit.sh", "#!/bin/bash\ntouch pwned\n");
  write(".ci/util.shlib", "touch pwned\n");
  write(".ci/awk/get-deps.awk", "{}\n");
  write(".gitlab-ci.yml", "stages: [process, schedule]\n");
  write(".gitlab-ci-sync-tools.yml", "own:\n  stage: process\n  script: [true]\n");
  write(".gitignore", ".ci/schedule-params.txt");
  for (const name of ["foo", "bar"]) {
    write(`${name}/PKGBUILD`, `pkgname=${name}\npkgver=1\npkgrel=1\narch=(any)\n`);
    write(
      `${name}/.SRCINFO`,
      `pkgbase = ${name}\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = ${name}\n`,
    );
    write(`${name}/.CI/config`, "CI_PKGBUILD_SOURCE=aur\n");
  }
  git("add", "-A");
  git("commit", "-q", "-m", "start");
  git("tag", "scheduled");
}

/** What a run on a commit schedules. */
async function onCommit(): Promise<string[]> {
  const { stdout } = await sluice(["on-commit", "--json"], { cwd: dir });
  const { schedule } = JSON.parse(stdout) as { schedule: { builds: { pkgbase: string }[] } };
  return schedule.builds.map(({ pkgbase }) => pkgbase);
}

describe.skipIf(offline)("taking over a repository of Chaotic-AUR's kind (needs npm's registry)", () => {
  beforeEach(chaotic);

  test("replaces the bash pipelines, and leaves packages, settings, trusted accounts and state alone", async () => {
    const { code, stdout } = await init("mine", "--from-chaotic", "--commit");
    expect(code).toBe(0);
    const changes = git("diff", "--name-status", "--no-renames", "HEAD~1", "HEAD").split("\n").sort();
    expect(changes).toEqual([
      "A\t.ci/allowed-signers",
      expect.stringMatching(/^A\t\.ci\/sluice-.*\.tgz$/),
      "A\t.ci/template.json",
      "A\t.gitlab-ci-chaotic.yml",
      "A\tpackage-lock.json",
      "A\tpackage.json",
      "D\t.ci/awk/get-deps.awk",
      "D\t.ci/on-commit.sh",
      "D\t.ci/util.shlib",
      "M\t.ci/config",
      "M\t.gitignore",
      "M\t.gitlab-ci.yml",
    ]);
    for (const line of [
      "remove  .ci/on-commit.sh",
      "write   .gitlab-ci.yml",
      "set     BUILDER_NETWORK=true",
    ]) {
      expect(stdout).toContain(line);
    }
    expect(git("diff", "HEAD~1", "HEAD", "--", ".ci/config").match(/^[+-](?![+-]).*/gm)).toEqual([
      "+BUILDER_NETWORK=true",
      "+CI_SCHEDULE_TO=chaotic",
    ]);
    expect(read(".gitignore").split("\n")).toEqual(
      expect.arrayContaining([".ci/schedule-params.txt", "node_modules/", ".ci/schedule.json"]),
    );
    expect(existsSync(join(dir, "pwned"))).toBe(false);
  });

  test("schedules nothing in its first run, and what changes after that", async () => {
    await init("mine", "--from-chaotic", "--commit");
    expect(await onCommit()).toEqual([]);
    write("foo/PKGBUILD", "pkgname=foo\npkgver=1\npkgrel=2\narch=(any)\n");
    git("commit", "-q", "-a", "-m", "foo");
    expect(await onCommit()).toEqual(["foo"]);
    expect(read(".ci/schedule-params.txt")).toContain('"--target-repo=chaotic-aur"');
  });

  test("commits nothing without being told to, and says how to go on and how to undo it", async () => {
    const head = git("rev-parse", "HEAD");
    const { stdout } = await init("mine", "--from-chaotic");
    expect(stdout).toContain('git commit -m "ci: pipelines by Sluice"; to undo it: git reset --hard');
    expect(git("rev-parse", "HEAD")).toBe(head);
    git("reset", "-q", "--hard");
    expect(git("status", "--porcelain")).toBe("");
  });

  test("changes nothing with --dry-run, and names own CI files that know the old stages", async () => {
    const { code, stdout } = await init("mine", "--from-chaotic", "--dry-run");
    expect([code, stdout]).toEqual([0, expect.stringContaining(".gitlab-ci-sync-tools.yml stays")]);
    expect(git("status", "--porcelain")).toBe("");
  });

  test("wants all that was there to be committed first", async () => {
    write("foo/PKGBUILD", "unsaved work\n");
    const { code, stderr } = await init("mine", "--from-chaotic");
    expect([code, stderr]).toEqual([2, expect.stringContaining("changes that aren't committed")]);
  });
});

test("a folder that is nothing of the kind isn't taken over", async () => {
  execFileSync("git", ["init", "-q", dir]);
  write("README.md", "something else");
  git("add", "-A");
  git("commit", "-q", "-m", "start");
  const { code, stderr } = await init("mine", "--from-chaotic");
  expect([code, stderr]).toEqual([2, expect.stringContaining("no .ci/config with bash pipelines")]);
});
