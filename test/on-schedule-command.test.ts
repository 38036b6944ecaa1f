import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GitServer } from "./world/git-server.ts";
import { recipe } from "./world/schedule-days.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

let w: ScratchWorkspace;
let upstreams: GitServer;

beforeEach(async () => {
  w = new ScratchWorkspace();
  upstreams = new GitServer();
  await upstreams.start();
  for (const name of ["foo", "bar"]) {
    upstreams.create(name);
    publish(name, "1");
    for (const [path, { bytes }] of recipe(name, "1")) w.write(`packages/${name}/${path}`, bytes);
    w.write(`packages/${name}/.CI/config`, `CI_PKGBUILD_SOURCE=${upstreams.url(name)}\n`);
  }
  w.addPackage("nightly");
  w.write("packages/nightly/.CI/config", "CI_PKGBUILD_SOURCE=custom\nCI_ON_TRIGGER=daily\n");
  w.publishScheduled();
  expect((await w.sluice(["on-schedule"])).code).toBe(0);
});
afterEach(async () => {
  await upstreams.stop();
  w.remove();
});

function publish(name: string, pkgver: string, lines: readonly string[] = []): void {
  const files = [...recipe(name, pkgver, { lines })].map(
    ([path, { bytes }]) => [path, bytes.toString()] as const,
  );
  upstreams.commit(name, { files: Object.fromEntries(files), message: `version ${pkgver}` });
}

test("a new version upstream is committed and scheduled, and told in a table", async () => {
  publish("foo", "2");
  const { code, stdout, stderr } = await w.sluice(["on-schedule"]);
  expect(code).toBe(0);
  expect(stdout.split("\n").map((line) => line.trimEnd())).toEqual([
    "          PKGBASE  WHY",
    "Updated   foo      1-1 → 2-1",
    "To build  foo      upstream update to 2",
  ]);
  expect(stderr).toMatch(/^looking at main\n/);
  expect(stderr).toMatch(/2 upstreams, 1 changed, 0 held, 1 to build; pushed commit [0-9a-f]{10}\.$/);
  expect(w.atOrigin("show", "main:packages/foo/PKGBUILD")).toContain("pkgver=2");
});

test("without a remote, edits that the branch would leave behind are in the way, and are said", async () => {
  w.git("remote", "remove", "origin");
  publish("foo", "2");
  w.write("packages/foo/PKGBUILD", `${w.read("packages/foo/PKGBUILD")}# mine\n`);
  const before = w.git("for-each-ref");
  const { code, stderr } = await w.sluice(["on-schedule"]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("uncommitted edits are in the way: packages/foo/PKGBUILD"),
  ]);
  expect(w.git("for-each-ref")).toBe(before);
  expect(w.git("status", "--porcelain")).toBe("M packages/foo/PKGBUILD");
});

test("a clone with commits that main lacks stays where it is, and that is said", async () => {
  publish("foo", "2");
  w.write("note", "mine\n");
  const mine = w.commit("not pushed yet");
  const { code, stderr } = await w.sluice(["on-schedule"]);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`this clone stays at ${mine.slice(0, 10)}; to follow: git pull --rebase`),
  ]);
  expect(w.git("rev-parse", "HEAD")).toBe(mine);
});

test("--dry-run says what would be done, and does none of it", async () => {
  publish("foo", "2");
  const before = w.atOrigin("for-each-ref");
  const { code, stdout, stderr } = await w.sluice(["on-schedule", "--dry-run", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    branch: "main",
    updates: [{ pkgbase: "foo", kind: "take", verdict: "minor", findings: [] }],
    builds: [{ pkgbase: "foo", reason: "upstream update to 2" }],
    done: null,
  });
  expect(stderr).toContain("nothing was changed (--dry-run)");
  expect(w.atOrigin("for-each-ref")).toBe(before);
  expect(w.git("status", "--porcelain")).toBe("");
});

test("what is held without a forge is listed with what to do, and the exit code is 1", async () => {
  publish("foo", "2", ["depends = zlib"]);
  publish("bar", "2");
  const { code, stdout } = await w.sluice(["on-schedule"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^Held for review\s+foo\s+1-1 → 2-1, major: .*; look at it: sluice review show foo$/m,
  );
  expect(stdout).toMatch(/^Updated\s+bar/m);
});

test("on CI without a token everything but reviews goes on, and it says what to set", async () => {
  publish("foo", "2", ["depends = zlib"]);
  publish("bar", "2");
  const env = {
    GITLAB_CI: "true",
    CI_COMMIT_BRANCH: "main",
    CI_API_V4_URL: "https://gitlab.example/api/v4",
    CI_PROJECT_PATH: "acme/packages",
  };
  const { code, stdout, stderr } = await w.sluice(["on-schedule"], env);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Updated\s+bar/m);
  expect(stderr).toContain("Set ACCESS_TOKEN to");
});

test("on GitHub the report is on the run's page, with upstream's text inert", async () => {
  publish("foo", "2");
  const summary = join(w.base, "summary.md");
  const env = {
    GITHUB_ACTIONS: "true",
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_REF_TYPE: "branch",
    GITHUB_REF_NAME: "main",
  };
  await w.sluice(["on-schedule"], env);
  expect(readFileSync(summary, "utf8")).toContain("| `foo` | `1-1 → 2-1` |");
});

test("--trigger schedules the packages of that trigger, and nothing else", async () => {
  publish("foo", "2");
  const { code } = await w.sluice(["on-schedule", "--trigger", "daily"]);
  expect(code).toBe(0);
  expect(JSON.parse(w.read(".ci/schedule.json"))).toMatchObject({
    builds: [{ pkgbase: "nightly", reason: "trigger daily" }],
  });
  expect(w.atOrigin("show", "main:packages/foo/PKGBUILD")).toContain("pkgver=1");
});

test("the variable TRIGGER does the same; for a trigger that no package has, those that there are are named", async () => {
  const { code, stderr } = await w.sluice(["on-schedule"], { TRIGGER: "dayly" });
  expect(code).toBe(0);
  expect(stderr).toContain("no package has CI_ON_TRIGGER=dayly; there are: daily");
});

test("a run on another branch than main changes nothing: what it lacks would count as removed", async () => {
  publish("foo", "2");
  w.git("switch", "-q", "-c", "feature");
  w.delete("packages/bar");
  w.commit("bar goes");
  w.git("push", "-q", "origin", "feature");
  const before = w.atOrigin("for-each-ref");
  for (const command of ["on-schedule", "on-commit"]) {
    const { code, stderr } = await w.sluice([command]);
    expect(code).toBe(2);
    expect(stderr).toContain("feature isn't the main branch, which is main at origin");
    expect(stderr).toContain("git switch main");
  }
  expect(w.atOrigin("for-each-ref")).toBe(before);
  expect((await w.sluice(["why", "foo"])).code).toBe(0);
});

test("a push whose answer is lost counts as what it did, and what it did is scheduled", async () => {
  publish("foo", "2");
  const hook = join(w.origin, "hooks/post-receive");
  writeFileSync(hook, "#!/bin/sh\nkill -9 $PPID\n", { mode: 0o755 });
  const { code } = await w.sluice(["on-schedule"]);
  expect(code).toBe(0);
  expect(JSON.parse(w.read(".ci/schedule.json"))).toMatchObject({ builds: [{ pkgbase: "foo" }] });
  expect(w.scheduled()).toBe(w.atOrigin("rev-parse", "main"));
});

test("two runs at once in one clone lose nothing: the second waits, and finds the first one's work done", async () => {
  publish("foo", "2");
  const runs = await Promise.all([w.sluice(["on-schedule", "--json"]), w.sluice(["on-schedule", "--json"])]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  const builds = runs.flatMap(
    ({ stdout }) => (JSON.parse(stdout) as { builds: { pkgbase: string }[] }).builds,
  );
  expect(builds.map(({ pkgbase }) => pkgbase)).toEqual(["foo"]);
  expect(w.atOrigin("rev-list", "--count", "main")).toBe("2");
});

test("a clone that has gone another way than main schedules nothing, and main's packages don't count as removed", async () => {
  w.addPackage("mine");
  w.commit("mine, not pushed");
  const other = join(w.base, "other");
  w.git("clone", "-q", w.origin, other);
  writeFileSync(join(other, "note"), "theirs");
  w.git("-C", other, "add", "-A");
  w.git("-C", other, "commit", "-q", "-m", "theirs");
  w.git("-C", other, "push", "-q", "origin", "main", "HEAD:refs/tags/scheduled", "-f");
  const before = w.atOrigin("for-each-ref");

  const { code, stderr } = await w.sluice(["on-commit"]);

  expect(code).toBe(1);
  expect(stderr).toContain("this clone and origin have diverged");
  expect(stderr).toContain("git pull --rebase");
  expect(w.atOrigin("for-each-ref")).toBe(before);
});

test("an old schedule doesn't bring back a package that main has dropped since", async () => {
  publish("foo", "2");
  publish("bar", "2");
  await w.sluice(["on-schedule"]);
  w.delete("packages/bar");
  w.commit("bar goes");
  const { code, stdout, stderr } = await w.sluice(["enqueue", "--state", join(w.base, "state")]);
  expect(code).toBe(0);
  expect(stdout).toBe("foo: queued");
  expect(stderr).toContain("bar is left out: HEAD doesn't have it any more");
});
