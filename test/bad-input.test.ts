import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scheduleSchema } from "../tools/schedule/schedule.ts";
import { sluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => {
  w = new ScratchWorkspace();
  w.addPackage("foo");
});
afterEach(() => w.remove());

const schedule = () => scheduleSchema.parse(JSON.parse(w.read(".ci/schedule.json")));

/** Runs the program in a pipe or with a redirection, as only a shell can; the words are the test's own. */
function shell(script: string): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync("bash", ["--norc", "-c", `set -o pipefail; ${script}`], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], SLUICE: join(process.cwd(), "dist/cli/main.js"), ROOT: w.dir },
  });
  return { status, stderr };
}

describe("where the program runs", () => {
  test.each([
    ["on-commit", "git can't be started in"],
    ["lint", "no packages folder (ENOTDIR)"],
    ["deptree", "no packages folder (ENOTDIR)"],
  ])("%s on a file instead of a folder says so", async (command, message) => {
    const { code, stderr } = await sluice([command, "--root", join(w.dir, ".ci/config")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain("bug:");
  });

  test("without git it says what to install", async () => {
    const { code, stderr } = await w.sluice(["on-commit"], { PATH: "/nonexistent" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("next: Install git")]);
  });

  test("a hook's variables don't lead it into another repository", async () => {
    w.commit("foo");
    const env = { GIT_DIR: "/nonexistent", GIT_WORK_TREE: "/", GIT_INDEX_FILE: "/nonexistent" };
    const { code, stdout } = await w.sluice(["on-commit", "--dry-run"], env);
    expect([code, stdout]).toEqual([0, expect.stringContaining("build  foo")]);
  });

  test("a person's setting to show signatures doesn't mix them into the messages", async () => {
    w.publishScheduled();
    w.git("config", "log.showSignature", "true");
    w.commit("[deploy foo]");
    const { code, stdout } = await w.sluice(["on-commit", "--dry-run"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("[deploy foo]")]);
  });

  test("a linked worktree, a detached head and a bare repository are repositories, too", async () => {
    w.commit("foo");
    w.git("remote", "remove", "origin");
    w.git("worktree", "add", "-q", "--detach", join(w.base, "linked"));
    w.git("clone", "-q", "--bare", w.dir, join(w.base, "bare.git"));
    for (const root of ["linked", "bare.git"]) {
      const { code, stdout } = await sluice(["on-commit", "--dry-run", "--root", join(w.base, root)]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("build  foo")]);
    }
  });
});

describe("where the output goes", () => {
  test("a reader that has seen enough is no error", () => {
    w.write("packages/foo/.SRCINFO", `pkgbase = foo\n\tarch = any\n${"\tprovides = x\n".repeat(100_000)}`);
    const { stderr } = shell(
      'node "$SLUICE" deptree --format dot --root "$ROOT" | true; node "$SLUICE" help | true',
    );
    expect(stderr).not.toMatch(/EPIPE|bug:|Unhandled/);
  });

  test("a full disk behind standard output is an error", () => {
    const { status, stderr } = shell('node "$SLUICE" deptree --root "$ROOT" > /dev/full');
    expect([status, stderr]).toEqual([2, "error: the output can't be written (ENOSPC)\n"]);
  });

  test.each([
    ["a folder in the schedule's place", () => mkdirSync(join(w.dir, ".ci/schedule.json"))],
    [
      "a folder in the place of the last file",
      () => mkdirSync(join(w.dir, ".ci/schedule-matrix.json/x"), { recursive: true }),
    ],
    [
      "a file in the folder's place",
      () => {
        w.delete(".ci");
        w.write(".ci", "x");
      },
    ],
    [
      "a link out of the workspace in the folder's place",
      () => {
        w.delete(".ci");
        mkdirSync(join(w.base, "outside"));
        symlinkSync(join(w.base, "outside"), join(w.dir, ".ci"));
      },
    ],
  ])("where the schedule can't be written nothing is changed: %s", async (_, spoil) => {
    const before = w.publishScheduled();
    w.addPackage("bar");
    w.commit("bar");
    spoil();
    const { code, stderr } = await w.onCommit();
    expect([code, stderr]).toEqual([2, expect.stringContaining("can't be written")]);
    expect(w.scheduled()).toBe(before);
    expect(existsSync(join(w.dir, ".ci/schedule-params.txt"))).toBe(false);
    expect(existsSync(join(w.base, "outside")) ? readdirSync(join(w.base, "outside")) : []).toEqual([]);
  });
});

describe("the tag `scheduled`", () => {
  test("an annotated one counts as the commit behind it", async () => {
    w.git("tag", "-a", "-m", "x", "scheduled", w.commit("foo"));
    w.git("push", "-q", "origin", "main", "scheduled");
    w.addPackage("bar");
    const head = w.commit("bar");
    expect((await w.onCommit()).code).toBe(0);
    expect(schedule().builds.map(({ pkgbase }) => pkgbase)).toEqual(["bar"]);
    expect(w.scheduled()).toBe(head);
  });

  test.each([
    ["here", false],
    ["at the remote", true],
  ])("one that is no commit is called that, not a lost race (%s)", async (_, atRemote) => {
    w.commit("foo");
    w.git("tag", "scheduled", "HEAD^{tree}");
    if (atRemote) w.git("push", "-q", "origin", "main", "scheduled");
    else w.git("remote", "remove", "origin");
    const { code, stderr } = await w.onCommit();
    expect([code, stderr]).toEqual([2, expect.stringContaining("doesn't point to a commit")]);
  });
});

describe("what a commit holds", () => {
  test("two files whose names aren't UTF-8 are two", async () => {
    const entry = (content: string, byte: number): Buffer => {
      const id = execFileSync("git", ["-C", w.dir, "hash-object", "-w", "--stdin"], { input: content });
      const head = Buffer.from(`100644 ${id.toString().trim()}\tpackages/foo/`);
      return Buffer.concat([head, Buffer.from([byte, 0])]);
    };
    const add = (...entries: Buffer[]): void => {
      execFileSync("git", ["-C", w.dir, "update-index", "-z", "--index-info"], {
        input: Buffer.concat(entries),
      });
    };
    w.publishScheduled();
    add(entry("1", 0xfe), entry("1", 0xff));
    w.git("commit", "-q", "-m", "two");
    w.git("tag", "-f", "scheduled");
    w.git("push", "-q", "-f", "origin", "scheduled");
    add(entry("2", 0xfe));
    w.git("commit", "-q", "-m", "one of them");
    expect((await w.onCommit()).code).toBe(0);
    expect(schedule().builds.map(({ pkgbase }) => pkgbase)).toEqual(["foo"]);
  });

  test("a submodule in a package is a change of it, and one in the place of .SRCINFO isn't needed", async () => {
    const commit = w.publishScheduled();
    w.git("update-index", "--add", "--cacheinfo", `160000,${commit},packages/foo/inner`);
    w.git("update-index", "--add", "--cacheinfo", `160000,${commit},packages/foo/.SRCINFO`);
    w.git("commit", "-q", "-m", "submodules");
    expect((await w.onCommit()).code).toBe(0);
    expect(schedule().builds).toMatchObject([{ pkgbase: "foo", pkgnames: ["foo"] }]);
  });

  test("a folder renamed in nothing but its capitals is another package", async () => {
    w.publishScheduled();
    w.git("mv", "packages/foo", "packages/Foo");
    w.commit("capitals");
    expect((await w.onCommit()).code).toBe(0);
    expect(schedule().builds.map(({ pkgbase }) => pkgbase)).toEqual(["Foo"]);
    expect(schedule().removals.map(({ pkgbase }) => pkgbase)).toEqual(["foo"]);
  });

  test("a package called all is built like any other", async () => {
    w.publishScheduled();
    w.addPackage("all");
    w.commit("all");
    expect((await w.onCommit()).code).toBe(0);
    expect(schedule().builds.map(({ pkgbase }) => pkgbase)).toEqual(["all"]);
  });

  test("a mistyped CI_PACKAGES_DIR removes no package", async () => {
    const before = w.publishScheduled();
    w.write(".ci/config", "CI_PACKAGES_DIR=pakages\n");
    w.commit("settings");
    const { code, stderr } = await w.onCommit();
    expect([code, stderr]).toEqual([2, expect.stringContaining("pakages holds no packages")]);
    expect(w.scheduled()).toBe(before);
  });

  test("a folder hundreds of levels deep is a part of its package", async () => {
    w.publishScheduled();
    w.write(`packages/foo/${"d/".repeat(400)}file`, "x");
    w.commit("deep");
    expect((await w.onCommit()).code).toBe(0);
    expect(schedule().builds.map(({ pkgbase }) => pkgbase)).toEqual(["foo"]);
  });
});

describe("distribution databases", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sluice-databases-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A database as repo-add makes them: an archive of `<name>-<version>/desc`. */
  function database(name: string, options: readonly string[], packages: readonly string[]): string {
    const content = join(folder, `${name}.content`);
    for (const pkgname of packages) {
      const desc = join(content, `${pkgname}-1-1/desc`);
      mkdirSync(dirname(desc), { recursive: true });
      const fields = {
        FILENAME: `${pkgname}-1-1-any.pkg.tar.zst`,
        NAME: pkgname,
        VERSION: "1-1",
        ARCH: "any",
      };
      writeFileSync(
        desc,
        Object.entries(fields)
          .map(([key, value]) => `%${key}%\n${value}\n\n`)
          .join(""),
      );
    }
    const path = join(folder, `${name}.db`);
    execFileSync("tar", ["-C", content, ...options, "-cf", path, "."]);
    return path;
  }

  test.each([
    ["gzip", ["--gzip"]],
    ["zstd", ["--zstd"]],
    ["plain", []],
  ])("what the distribution has needs no mere provider of the workspace (%s)", async (_, options) => {
    w.addPackage("mesa-git", { lines: ["provides = mesa"] });
    w.addPackage("app", { lines: ["depends = mesa>=1", "depends = foo"] });
    const needed = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await w.sluice(["deptree", ...args]);
      const { packages } = JSON.parse(stdout) as { packages: { app: { edges: { to: string }[] } } };
      return packages.app.edges.map(({ to }) => to);
    };
    const core = database("core", options, ["glibc", "foo"]);
    const extra = database("extra", options, ["mesa"]);
    expect(await needed()).toEqual(["mesa-git", "foo"]);
    expect(await needed("--databases", core)).toEqual(["mesa-git", "foo"]);
    expect(await needed("--databases", core, extra)).toEqual(["foo"]);
  });

  test("a database that isn't there, or isn't one, is named", async () => {
    const nonsense = join(folder, "nonsense.db");
    writeFileSync(nonsense, "not a database");
    for (const path of [nonsense, join(folder, "missing.db"), folder]) {
      const { code, stderr } = await w.sluice(["deptree", "--databases", path]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`database ${path}`)]);
    }
  });
});

test("--out writes the file whole or not at all", async () => {
  const out = join(w.base, "tree.json");
  expect(await w.sluice(["deptree", "--out", out])).toMatchObject({ code: 0, stdout: "" });
  expect(JSON.parse(w.read("../tree.json"))).toMatchObject({ order: ["foo"] });
  const { code, stderr } = await w.sluice(["deptree", "--out", w.base]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("can't be written (EISDIR)")]);
  expect(readdirSync(w.base).sort()).toEqual(["clone", "origin.git", "tree.json"]);
  const piped = shell('node "$SLUICE" deptree --root "$ROOT" --out /dev/stdout | grep -q order');
  expect(piped).toEqual({ status: 0, stderr: "" });
});
