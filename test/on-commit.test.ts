import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scheduleSchema, type Schedule } from "../tools/schedule/schedule.ts";
import { ScratchWorkspace, srcinfoText } from "./world/workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => (w = new ScratchWorkspace()));
afterEach(() => w.remove());

async function onCommit(env: Record<string, string> = {}): Promise<Schedule> {
  const { code, stderr } = await w.onCommit(env);
  expect(stderr).not.toContain("error:");
  expect(code).toBe(0);
  return scheduleSchema.parse(JSON.parse(w.read(".ci/schedule.json")));
}

const gitlab = (commit: string): Record<string, string> => ({
  GITLAB_CI: "true",
  CI_COMMIT_SHA: commit,
  CI_PIPELINE_ID: "77",
  CI_PIPELINE_URL: "https://gitlab.example/p/77",
});

const names = (schedule: Schedule): string[] => schedule.builds.map(({ pkgbase }) => pkgbase);

describe("what is scheduled", () => {
  test("a contributor who changes a PKGBUILD gets that package built, and the schedule says why", async () => {
    w.addPackage("foo");
    w.addPackage("bar");
    w.publishScheduled();
    w.write("packages/foo/PKGBUILD", "pkgname=foo\npkgver=2\npkgrel=1\n");
    const commit = w.commit("foo 2");
    const schedule = await onCommit();
    expect(names(schedule)).toEqual(["foo"]);
    expect(schedule.builds[0]!.reason).toBe(`commit ${commit.slice(0, 10)} changed PKGBUILD`);
    expect(schedule).toMatchObject({
      commit,
      source: "scratch",
      target: "test",
      arch: "x86_64",
      removals: [],
    });
    expect(w.scheduled()).toBe(commit);
  });

  test("names with dots, plus signs, at signs, underscores and capitals are packages like any other", async () => {
    w.publishScheduled();
    const odd = ["a.b", "c++", "d@2", "e_f", "Gimp-GIT", "+x"];
    for (const name of odd) w.addPackage(name);
    w.commit("odd names");
    expect(names(await onCommit()).sort()).toEqual(odd.sort());
  });

  test("what others need is built first, and each build says whom it waits for", async () => {
    w.publishScheduled();
    w.addPackage("app", { lines: ["depends = lib>=2", "checkdepends = tool"] });
    w.addPackage("lib");
    w.addPackage("tool", { lines: ["provides = other", "makedepends = lib"] });
    w.commit("three");
    const schedule = await onCommit();
    expect(names(schedule)).toEqual(["lib", "tool", "app"]);
    expect(schedule.builds.map(({ needs }) => needs)).toEqual([[], ["lib"], ["lib", "tool"]]);
  });

  test("without a tag the newest commit alone counts, and the tag is made", async () => {
    w.addPackage("old");
    w.commit("first");
    w.addPackage("new");
    const head = w.commit("second");
    w.git("push", "-q", "origin", "main");
    expect(names(await onCommit())).toEqual(["new"]);
    expect(w.scheduled()).toBe(head);
  });

  test("the very first commit of a workspace schedules what it holds", async () => {
    w.addPackage("foo");
    w.commit("first");
    expect(names(await onCommit())).toEqual(["foo"]);
  });

  test("a change that was reverted before the run schedules nothing", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.write("packages/foo/PKGBUILD", "broken");
    w.commit("oops");
    w.git("revert", "--no-edit", "HEAD");
    const schedule = await onCommit();
    expect(schedule.builds).toEqual([]);
    expect(w.scheduled()).toBe(w.git("rev-parse", "HEAD"));
  });

  test("a merge counts once, for the commit that made the change", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.git("checkout", "-q", "-b", "topic");
    w.write("packages/foo/PKGBUILD", "pkgname=foo\npkgver=3\npkgrel=1\n");
    const change = w.commit("foo 3");
    w.git("checkout", "-q", "main");
    w.write("README", "x");
    w.commit("meanwhile");
    w.git("merge", "-q", "--no-ff", "-m", "merge topic", "topic");
    const schedule = await onCommit();
    expect(schedule.builds).toHaveLength(1);
    expect(schedule.builds[0]!.reason).toBe(`commit ${change.slice(0, 10)} changed PKGBUILD`);
  });

  test("rewritten history: what differs between the trees is scheduled, whatever became of the commits", async () => {
    w.addPackage("foo");
    w.addPackage("bar");
    w.publishScheduled();
    w.write("packages/foo/PKGBUILD", "pkgver=2");
    w.publishScheduled("foo 2");
    w.git("reset", "-q", "--hard", "HEAD~");
    w.write("packages/bar/PKGBUILD", "pkgver=2");
    w.commit("bar 2 instead [deploy bar/9]");
    w.git("push", "-q", "-f", "origin", "main");
    const schedule = await onCommit();
    expect(names(schedule)).toEqual(["bar", "foo"]);
    expect(schedule.builds[0]!.class).toBe("9");
  });

  test("a package with a trigger of its own is scheduled when its files change", async () => {
    w.addPackage("foo");
    w.write("packages/foo/.CI/config", "CI_ON_TRIGGER=daily\n");
    w.publishScheduled();
    w.write("packages/foo/foo.patch", "x");
    w.commit("patch");
    expect(names(await onCommit())).toEqual(["foo"]);
  });

  test("files outside packages, .CI/info, .gitignore and a README that no build reads schedule nothing", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.write("docs/x.txt", "x");
    w.write("packages/foo/.CI/info", "x");
    w.write("packages/foo/.gitignore", "x");
    w.write("packages/foo/README.md", "x");
    w.commit("notes");
    const { stdout } = await w.sluice(["on-commit", "--dry-run", "--json"]);
    const plan = JSON.parse(stdout) as { schedule: Schedule; skipped: { pkgbase: string; reason: string }[] };
    expect(plan.schedule.builds).toEqual([]);
    expect(plan.skipped).toEqual([
      { pkgbase: "foo", reason: "only .CI/info, .gitignore, README.md changed, which no build reads" },
    ]);
  });

  test("packages without a .SRCINFO, or with a stale one, are ordered by what their PKGBUILDs say", async () => {
    w.publishScheduled();
    w.addPackage("a", { lines: ["depends = b"] });
    w.delete("packages/a/.SRCINFO");
    w.addPackage("b", { lines: ["depends = c"] });
    w.write("packages/b/.SRCINFO", srcinfoText("b"));
    w.addPackage("c");
    w.commit("three");
    expect((await onCommit()).builds.map(({ pkgbase }) => pkgbase)).toEqual(["c", "b", "a"]);
  });

  test("a README that is a source of the package schedules it, renamed or not", async () => {
    w.addPackage("foo", { lines: ["source = readme::README.md"] });
    w.write(
      "packages/bar/PKGBUILD",
      "pkgname=bar\npkgver=1\npkgrel=1\narch=(x86_64)\nsource_x86_64=(CHANGES.md)\n",
    );
    w.publishScheduled();
    w.write("packages/foo/README.md", "x");
    w.write("packages/bar/CHANGES.md", "x");
    w.commit("docs");
    expect(names(await onCommit())).toEqual(["bar", "foo"]);
  });

  test("what lies uncommitted in the work tree is none of the pipeline's business", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.addPackage("bar");
    w.commit("bar");
    w.addPackage("half-done");
    w.write("packages/bar/.SRCINFO", "garbage");
    const schedule = await onCommit();
    expect(names(schedule)).toEqual(["bar"]);
    expect(schedule.builds[0]!.pkgnames).toEqual(["bar"]);
  });

  test("a root layout is recognised, and CI_PACKAGES_DIR may change without rebuilding anything", async () => {
    w.write("foo/PKGBUILD", "pkgname=foo");
    w.write("foo/.SRCINFO", srcinfoText("foo"));
    w.write("bar/PKGBUILD", "pkgname=bar");
    w.write("bar/.SRCINFO", srcinfoText("bar"));
    w.publishScheduled();
    w.delete("foo");
    w.commit("drop foo");
    expect((await onCommit()).removals.map(({ pkgbase }) => pkgbase)).toEqual(["foo"]);
    w.write("packages/bar/PKGBUILD", w.read("bar/PKGBUILD"));
    w.write("packages/bar/.SRCINFO", w.read("bar/.SRCINFO"));
    w.delete("bar");
    w.commit("move to packages/");
    w.delete(".ci/schedule.json");
    const schedule = await onCommit();
    expect([schedule.builds, schedule.removals]).toEqual([[], []]);
  });

  test("a package at the root of a packages/ layout is no new layout that removes all the others", async () => {
    w.addPackage("foo");
    const before = w.publishScheduled();
    w.write("stray/PKGBUILD", "pkgname=stray");
    w.commit("a package in the wrong place");
    const { code, stderr } = await w.onCommit();
    expect(code).toBe(2);
    expect(stderr).toContain("packages in packages/ as well as at the root");
    expect(w.scheduled()).toBe(before);
    w.write(".ci/config", `${w.read(".ci/config")}CI_PACKAGES_DIR=packages\n`);
    w.commit("packages/ counts");
    const schedule = await onCommit();
    expect([schedule.builds, schedule.removals]).toEqual([[], []]);
  });
});

describe("what is removed", () => {
  test("a removed split package names everything it left in the package repository", async () => {
    w.addPackage("foo", { pkgnames: ["foo", "foo-docs"] });
    w.addPackage("bar");
    w.publishScheduled();
    w.delete("packages/foo");
    const commit = w.commit("drop foo");
    const { removals, builds } = await onCommit();
    expect(builds).toEqual([]);
    expect(removals).toEqual([
      {
        pkgbase: "foo",
        pkgnames: ["foo", "foo-docs"],
        reason: `commit ${commit.slice(0, 10)} removed the package`,
      },
    ]);
  });

  test("a renamed folder is a removal and a build, and what the new one makes isn't removed", async () => {
    w.addPackage("foo", { pkgnames: ["foo", "libfoo"] });
    w.publishScheduled();
    w.git("mv", "packages/foo", "packages/foo-git");
    w.addPackage("foo-git", { pkgnames: ["foo-git", "libfoo"] });
    w.commit("rename");
    const { removals, builds } = await onCommit();
    expect(builds.map(({ pkgbase }) => pkgbase)).toEqual(["foo-git"]);
    expect(removals).toMatchObject([{ pkgbase: "foo", pkgnames: ["foo"] }]);
  });

  test("a folder that lost its PKGBUILD is removed", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.delete("packages/foo/PKGBUILD");
    w.commit("oops");
    expect((await onCommit()).removals).toMatchObject([{ pkgbase: "foo", pkgnames: ["foo"] }]);
  });
});

describe("requests in commit messages", () => {
  test("several packages can be asked for in one message, each with its class", async () => {
    w.addPackage("foo");
    w.addPackage("bar");
    w.write("packages/bar/.CI/config", "BUILDER_CLASS=3\n");
    w.publishScheduled();
    w.commit("rebuild\n\nfor icu [deploy foo/heavy] and [deploy bar]");
    const schedule = await onCommit();
    expect(schedule.builds.map((build) => [build.pkgbase, build.class])).toEqual([
      ["bar", "3"],
      ["foo", "heavy"],
    ]);
    expect(schedule.builds[1]!.reason).toMatch(/^commit [0-9a-f]{10}: \[deploy foo\/heavy\]$/);
  });

  test("[deploy all] builds everything, in order", async () => {
    w.addPackage("app", { lines: ["depends = lib"] });
    w.addPackage("lib");
    w.publishScheduled();
    w.commit("[deploy all/2]");
    const schedule = await onCommit();
    expect(schedule.builds.map((build) => [build.pkgbase, build.class])).toEqual([
      ["lib", "2"],
      ["app", "2"],
    ]);
  });

  test("unknown names are all listed with their commits, nothing is scheduled and the tag stays", async () => {
    w.addPackage("foo");
    const before = w.publishScheduled();
    const first = w.commit("[deploy fooo] [deploy foo]");
    w.addPackage("bar");
    const second = w.commit("[deploy $(touch pwned)]");
    const { code, stderr } = await w.onCommit();
    expect(code).toBe(1);
    expect(stderr).toContain(`"fooo" (did you mean foo?) in commit ${first.slice(0, 10)}`);
    expect(stderr).toContain(`"$(touch pwned)" in commit ${second.slice(0, 10)}`);
    expect(w.scheduled()).toBe(before);
    expect(existsSync(join(w.dir, ".ci/schedule.json"))).toBe(false);
    expect(existsSync(join(w.dir, "pwned"))).toBe(false);
  });

  test("a later commit takes a mistaken request back, so that nobody must rewrite main", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.commit("[deploy fooo] [deploy foo]");
    const head = w.commit("[undeploy fooo]");
    expect(names(await onCommit())).toEqual(["foo"]);
    expect(w.scheduled()).toBe(head);
  });

  test("a message full of shell syntax is taken literally", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.write("packages/foo/PKGBUILD", "pkgver=2");
    w.commit("$(touch pwned) `touch pwned`; \"'\\ && touch pwned | $((1)) [deploy foo]\n\n\\x00 %s %n");
    const schedule = await onCommit();
    expect(names(schedule)).toEqual(["foo"]);
    expect(existsSync(join(w.dir, "pwned"))).toBe(false);
  });
});

describe("the tag `scheduled`", () => {
  test("a dry run changes nothing", async () => {
    w.addPackage("foo");
    const before = w.publishScheduled();
    w.write("packages/foo/PKGBUILD", "pkgver=2");
    w.commit("foo 2");
    const { stdout, code } = await w.sluice(["on-commit", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain("foo");
    expect(w.scheduled()).toBe(before);
    expect(existsSync(join(w.dir, ".ci/schedule.json"))).toBe(false);
  });

  test("a pipeline's second run finds nothing to do", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.addPackage("bar");
    const bar = w.commit("bar");
    expect(names(await onCommit(gitlab(bar)))).toEqual(["bar"]);
    expect(names(await onCommit(gitlab(bar)))).toEqual([]);
    expect(existsSync(join(w.dir, ".ci/schedule-params.txt"))).toBe(false);
  });

  test("a person who runs it twice loses no schedule: what nobody took is asked for again, until it is taken", async () => {
    for (const pkgbase of ["foo", "bar", "gone"]) w.addPackage(pkgbase);
    w.publishScheduled();
    w.commit("once more [deploy foo/heavy] [deploy gone]");
    await onCommit();
    w.write("packages/bar/helper.sh", "true\n");
    w.delete("packages/gone");
    w.commit("bar gets a helper, gone goes");
    const second = await w.onCommit();
    expect(second.stderr).toContain("2 builds and 1 removal, with 1 of an earlier schedule that nobody took");
    const third = await w.onCommit();
    expect(third.stderr).toContain("2 builds and 1 removal, with 3 of an earlier schedule that nobody took");
    expect(third.stderr).toContain("the tag `scheduled` was here already");
    expect(third.stderr).not.toContain("moved the tag");
    const { builds, removals } = JSON.parse(w.read(".ci/schedule.json")) as Schedule;
    expect(builds.map(({ pkgbase, class: name }) => [pkgbase, name])).toEqual([
      ["bar", null],
      ["foo", "heavy"],
    ]);
    expect(removals.map(({ pkgbase }) => pkgbase)).toEqual(["gone"]);

    expect((await w.sluice(["enqueue"])).code).toBe(0);
    expect((await w.onCommit()).stderr).toContain("Nothing to schedule; wrote .ci/schedule.json");
  });

  test("commits that aren't pushed aren't scheduled, so that the pipeline of their push has them to schedule", async () => {
    w.addPackage("foo");
    const before = w.publishScheduled();
    w.write("packages/foo/helper.sh", "true\n");
    w.commit("a helper");
    expect((await w.sluice(["on-commit", "--dry-run"])).stderr).toContain(
      "without --dry-run this is refused",
    );
    const { code, stderr } = await w.sluice(["on-commit"]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("this clone has 1 commit that main at origin lacks"),
    ]);
    expect(stderr).toContain("next: Nothing was changed. Push first: git push origin main.");
    expect(w.scheduled()).toBe(before);
    expect(existsSync(join(w.dir, ".ci/schedule.json"))).toBe(false);

    w.git("push", "-q", "origin", "main");
    expect(names(await onCommit())).toEqual(["foo"]);
  });

  test("nothing is scheduled before the first push either", async () => {
    w.addPackage("foo");
    w.commit("first");
    const { code, stderr } = await w.sluice(["on-commit"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("origin has no branch main yet")]);
    expect(w.atOrigin("for-each-ref")).toBe("");
  });

  test.each([
    ["to the same commit", "main"],
    ["to another commit", "main~2"],
  ])("a lost race says so and changes nothing: another run moved the tag %s", async (_, target) => {
    w.commit("oldest");
    w.addPackage("foo");
    const start = w.publishScheduled();
    w.addPackage("bar");
    w.commit("bar");
    w.git("push", "-q", "origin", "main");
    // The other run moves the tag after this one has read it: in the moment in which it pushes.
    const move = `git --git-dir='${w.origin}' update-ref refs/tags/scheduled ${target}`;
    w.write("../receive-pack", `#!/bin/sh\n${move}\nexec git-receive-pack "$@"\n`, 0o755);
    w.git("config", "remote.origin.receivepack", join(w.base, "receive-pack"));
    const { code, stderr } = await w.sluice(["on-commit"]);
    expect(stderr).toContain("another run moved the tag `scheduled`");
    expect(code).toBe(1);
    expect(existsSync(join(w.dir, ".ci/schedule.json"))).toBe(false);
    expect(w.git("rev-parse", "scheduled")).toBe(start);
  });

  test("a push that the server forbids says so, and the schedule is rolled back", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.addPackage("bar");
    w.commit("bar");
    w.git("push", "-q", "origin", "main");
    writeFileSync(join(w.origin, "hooks/pre-receive"), "#!/bin/sh\necho tags are protected >&2\nexit 1\n", {
      mode: 0o755,
    });
    const { code, stderr } = await w.sluice(["on-commit"]);
    expect(code).toBe(1);
    expect(stderr).toContain("tags are protected");
    expect(stderr).toContain("check protected tags");
    expect(existsSync(join(w.dir, ".ci/schedule.json"))).toBe(false);
  });

  test("on GitLab the push starts no pipeline, also where the server takes no push options", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    const log = join(w.base, "options");
    w.addPackage("bar");
    const first = w.commit("bar");
    w.git("push", "-q", "origin", "main");
    writeFileSync(
      join(w.origin, "hooks/pre-receive"),
      `#!/bin/sh\necho "$GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0" >>'${log}'\n`,
      { mode: 0o755 },
    );
    const schedule = await onCommit(gitlab(first));
    expect(schedule.pipeline).toEqual({ commit: first, id: "77", url: "https://gitlab.example/p/77" });
    expect(readFileSync(log, "utf8")).toBe("1 ci.skip\n");
    w.atOrigin("config", "receive.advertisePushOptions", "false");
    w.addPackage("baz");
    const second = w.commit("baz");
    expect(names(await onCommit(gitlab(second)))).toEqual(["baz"]);
    expect(w.scheduled()).toBe(second);
  });

  test("a shallow clone that lacks the tag's commit says how deep to fetch", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    for (let n = 0; n < 3; n++) w.commit(`commit ${n}`);
    w.git("push", "-q", "origin", "main");
    const shallow = join(w.base, "shallow");
    w.git("clone", "-q", "--depth=2", `file://${w.origin}`, shallow);
    const { code, stderr } = await w.sluice(["on-commit", "--root", shallow]);
    expect(code).toBe(2);
    expect(stderr).toContain("git fetch --depth=4 ");
  });

  test("after a rewrite a fresh clone fetches the tag's commit by itself", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.write("packages/foo/PKGBUILD", "pkgver=2");
    w.git("add", "-A");
    w.git("commit", "-q", "--amend", "-m", "rewritten");
    w.git("push", "-q", "-f", "origin", "main");
    const fresh = join(w.base, "fresh");
    w.git("clone", "-q", "--no-tags", w.origin, fresh);
    const { code, stdout } = await w.sluice(["on-commit", "--root", fresh, "--json"]);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { schedule: Schedule }).schedule.builds).toMatchObject([
      { pkgbase: "foo" },
    ]);
  });

  test("a failed run doesn't latch the repository: the next one takes up where it stood", async () => {
    w.addPackage("foo");
    w.publishScheduled();
    w.commit("[deploy nonsense]");
    expect((await w.onCommit()).code).toBe(1);
    w.addPackage("bar");
    w.commit("bar [undeploy nonsense]");
    expect(names(await onCommit())).toEqual(["bar"]);
  });
});

describe("bad input", () => {
  test("one broken package neither hides nor stops the others", async () => {
    w.addPackage("good");
    w.publishScheduled();
    w.write("packages/good/PKGBUILD", "pkgver=2");
    w.write("packages/latin1/PKGBUILD", "x");
    w.write("packages/latin1/.SRCINFO", Buffer.from("pkgbase = caf\xe9\n", "latin1"));
    w.write("packages/huge/PKGBUILD", "x");
    w.write("packages/huge/.SRCINFO", `pkgbase = huge\n${"\tsource = x\n".repeat(4_500_000)}`);
    w.write("packages/--help/PKGBUILD", "x");
    w.write("packages/$(touch pwned)/PKGBUILD", "x");
    w.write("packages/noequals/PKGBUILD", "x");
    w.write("packages/noequals/.CI/config", "just words\nCI_FORCE_VSC=true\n");
    w.write("packages/noequals/.SRCINFO", srcinfoText("noequals"));
    symlinkSync("/etc", join(w.dir, "packages/link"));
    w.write("packages/linked/PKGBUILD", "x");
    symlinkSync("/etc/passwd", join(w.dir, "packages/linked/.SRCINFO"));
    w.commit("a mess");
    const { code, stderr } = await w.onCommit();
    expect(code).toBe(0);
    const schedule = scheduleSchema.parse(JSON.parse(w.read(".ci/schedule.json")));
    expect(names(schedule)).toEqual(["good", "huge", "latin1", "linked", "noequals"]);
    expect(stderr).toContain("packages/latin1/.SRCINFO: is not UTF-8 (line 1)");
    expect(stderr).toContain("packages/huge/.SRCINFO: has 51.5 MB");
    expect(stderr).toContain("packages/linked/.SRCINFO: is a symbolic link");
    expect(stderr).toContain("packages/noequals/.CI/config:1: expected KEY=value");
    expect(stderr).toContain("did you mean CI_FORCE_VCS?");
    expect(existsSync(join(w.dir, "pwned"))).toBe(false);

    const lint = await w.sluice(["lint"]);
    expect(lint.code).toBe(1);
    for (const said of [
      "packages/--help: not a package name",
      "packages/$(touch pwned): not a",
      "packages/link: is a",
    ]) {
      expect(lint.stdout).toContain(said);
    }
  });

  test("invalid repository settings stop everything before anything is changed", async () => {
    w.addPackage("foo");
    const before = w.publishScheduled();
    w.write(".ci/config", "CI_MAX_PARALLEL=many\nBUILDER_NETWORK=yes\n");
    w.addPackage("bar");
    w.commit("bar");
    const { code, stderr } = await w.onCommit();
    expect(code).toBe(2);
    expect(stderr).toContain(".ci/config:1: CI_MAX_PARALLEL: `many` is not a whole number from 1 to 256");
    expect(stderr).toContain(".ci/config:2: BUILDER_NETWORK: `yes` is not true or false");
    expect(w.scheduled()).toBe(before);
  });

  test("outside a Git repository it says what to do", async () => {
    const { code, stderr } = await w.sluice(["on-commit", "--root", "/"]);
    expect(code).toBe(2);
    expect(stderr).toContain("next: Run Sluice in a clone");
  });

  test("a remote's credentials never reach a message", async () => {
    w.addPackage("foo");
    w.commit("foo");
    w.git("remote", "set-url", "origin", "http://oauth2:glpat-SECRET@127.0.0.1:1/x.git");
    const { code, stdout, stderr } = await w.sluice(["on-commit"]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).not.toContain("SECRET");
  });
});

describe("sluice why", () => {
  test("says whether a package would be built, because of what, who needs it and whom it needs", async () => {
    w.addPackage("app", { lines: ["depends = lib>=2"] });
    w.addPackage("lib");
    w.addPackage("other");
    w.publishScheduled();
    w.addPackage("lib", { pkgver: "2" });
    const commit = w.commit("lib 2");
    expect((await w.sluice(["why", "lib"])).stdout).toBe(
      [
        `lib would be built: commit ${commit.slice(0, 10)} changed .SRCINFO, PKGBUILD`,
        "needs: nothing of this workspace",
        "needed by: app",
      ].join("\n"),
    );
    expect((await w.sluice(["why", "app"])).stdout).toContain("needs: lib (depends lib>=2)");
    expect((await w.sluice(["why", "app"])).stdout).toContain(
      "app would not be built: nothing of it changed since",
    );
    const unknown = await w.sluice(["why", "nope"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("there is no package nope")]);
  });
});
