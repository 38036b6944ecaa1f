import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPlatform } from "../tools/ci/pipeline/platform.ts";
import { aurRecipe } from "./world/aur-recipe.ts";
import { GitServer } from "./world/git-server.ts";
import { Operations } from "./world/operations.ts";

const here = new Operations();

function start(...packages: string[]): void {
  for (const pkgbase of packages) here.world.addPackage(pkgbase);
  here.world.publishScheduled();
}

function pushElsewhere(path: string, text: string): void {
  const clone = join(here.world.base, `other-${Math.random()}`);
  here.world.git("clone", "-q", here.world.origin, clone);
  writeFileSync(join(clone, path), text);
  here.world.git("-C", clone, "add", "-A");
  here.world.git("-C", clone, "commit", "-q", "-m", "by hand");
  here.world.git("-C", clone, "push", "-q", "origin", "main");
}

describe("sluice add", () => {
  test("brings recipe, settings and who asked why, schedules it and moves the tag, in one push", async () => {
    start("bar");
    here.letAccountAge();
    here.aur.push("foo", aurRecipe("foo", { files: { "notes.txt": "hello\n" } }));

    const origin = { origin: "a form\nby alice", reason: "it is missed" };
    const { plan, done } = await here.add(["foo/aur"], origin);

    expect(done).toBe(true);
    expect(here.filesAtOrigin()).toEqual([
      ".ci/config",
      ".gitignore",
      "packages/bar/.SRCINFO",
      "packages/bar/PKGBUILD",
      "packages/foo/.CI/config",
      "packages/foo/.CI/info",
      "packages/foo/.SRCINFO",
      "packages/foo/PKGBUILD",
      "packages/foo/notes.txt",
    ]);
    expect(here.atOrigin("packages/foo/.CI/config")).toBe("CI_PKGBUILD_SOURCE=aur");
    expect(here.atOrigin("packages/foo/.CI/info")).toBe(
      "REQ_ORIGIN=a form by alice\nREQ_REASON=it is missed",
    );
    expect(here.world.atOrigin("log", "-1", "--format=%an <%ae>%n%B", "main")).toBe(
      "Test <test@example.org>\nfeat(add): foo",
    );
    expect(here.world.scheduled()).toBe(plan.head);
    const reason = `commit ${plan.head.slice(0, 10)} added the package`;
    expect(here.schedule()).toMatchObject({ commit: plan.head, builds: [{ pkgbase: "foo", reason }] });
    expect(here.world.git("rev-parse", "HEAD")).toBe(plan.head);
    expect(here.world.git("status", "--porcelain")).toBe("");
  });

  test("takes a recipe from a Git repository, and says `unset` reasons to nobody", async () => {
    start();
    here.aur.git.commit("recipes", { files: aurRecipe("foo"), branch: "main", date: 1, message: "foo" });
    const url = `${here.aur.git.url("recipes")}#branch=main`;
    await here.add([`foo/${url}`], { reason: "unset" });
    expect(here.atOrigin("packages/foo/.CI/config")).toBe(`CI_PKGBUILD_SOURCE=${url}`);
    expect(here.filesAtOrigin()).not.toContain("packages/foo/.CI/info");
  });

  test("remembers whom the recipe was taken from, so that the next run finds nothing new", async () => {
    start();
    expect(await here.halfHourly()).toEqual([]);
    here.letAccountAge();
    const commit = here.aur.push("foo", aurRecipe("foo"));
    await here.add(["foo/aur"]);
    expect(here.atOrigin("foo", "state").split("\n")).toEqual([
      `CI_PKGBUILD_TIMESTAMP=${here.aur.record("foo").lastModified}`,
      `SLUICE_REVISION=${commit}`,
      "SLUICE_MAINTAINERS=packager",
    ]);
    const refs = here.refs();
    expect(await here.halfHourly()).toEqual([]);
    expect(here.refs()).toBe(refs);
  });

  test("doesn't begin the state of a repository that was just taken over", async () => {
    start();
    here.letAccountAge();
    here.aur.push("foo", aurRecipe("foo"));
    await here.add(["foo/aur"]);
    expect(here.refs()).not.toContain("refs/heads/state");
    expect(await here.halfHourly()).toEqual([]);
  });

  test("says everything that is wrong with what was asked for at once, and changes nothing", async () => {
    start("bar");
    const refs = here.refs();
    const requests = [
      "bar/aur",
      "foo",
      "-x/aur",
      "a/gitlab:1",
      "b/https://me:secret@example.org/b.git",
      "c/nonsense",
    ];
    await expect(here.add(requests)).rejects.toMatchObject({
      code: "usage",
      exitCode: 2,
      message: [
        '"bar/aur": bar exists already',
        `"foo": it doesn't say where the recipe comes from`,
        '"-x/aur": "-x" is no package name',
        '"a/gitlab:1": this kind of source changes a recipe that is there; commit the recipe with this CI_PKGBUILD_SOURCE by hand',
        '"b/https://example.org/b.git": its address has credentials in it, which anybody could read',
        '"c/nonsense": "nonsense" is neither aur nor a Git URL',
      ].join("\n"),
    });
    expect(here.refs()).toBe(refs);
  });

  test("names every package that can't be fetched", async () => {
    start();
    here.letAccountAge();
    here.aur.push("foo", aurRecipe("foo"));
    await expect(here.add(["foo/aur", "gone/aur", "lost/aur"])).rejects.toMatchObject({
      code: "not-fetched",
      exitCode: 1,
      message: "gone isn't in the AUR, or not any more\nlost isn't in the AUR, or not any more",
    });
  });

  test("refuses what is dangerous unless somebody accepts the risk", async () => {
    start();
    here.aur.push("firefox-patch-bin", aurRecipe("firefox-patch-bin"), "newcomer");
    const refs = here.refs();

    const { plan, done } = await here.add(["firefox-patch-bin/aur"]);

    expect(done).toBe(false);
    expect(plan.refusal).toMatchObject({
      code: "risk",
      exitCode: 1,
      facts: { names: ["firefox-patch-bin"] },
    });
    expect(plan.added[0]!.findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      "danger: a maintainer who is new to the AUR: newcomer, 0 days",
      "danger: a well-known program's name, extended: firefox-patch-bin",
      "review: a recipe that nobody has reviewed yet",
      "review: a package that is new to the AUR: 0 days",
      "review: a package with few votes: 3",
    ]);
    expect(here.refs()).toBe(refs);

    expect(await here.add(["firefox-patch-bin/aur"], { acceptRisk: true })).toMatchObject({ done: true });
    expect(here.scheduled()).toEqual(["firefox-patch-bin"]);
  });

  test("says which needed packages only the AUR has, and adds them, and theirs, where that is wished", async () => {
    start("bar");
    here.letAccountAge();
    here.aur.push("foo", aurRecipe("foo", { depends: ["bar", "glibc>=2", "libone", "nowhere"] }));
    here.aur.push("one", aurRecipe("one", { pkgnames: ["one", "libone"], depends: ["two"] }));
    here.aur.push("two", aurRecipe("two", { depends: ["glibc"] }));

    const { plan } = await here.add(["foo/aur"]);
    expect(plan.missing).toEqual([
      { pkgbase: "foo", name: "libone", aur: "one" },
      { pkgbase: "foo", name: "nowhere", aur: undefined },
    ]);
    await here.drop(["foo"]);

    const all = await here.add(["foo/aur"], { withDependencies: true });
    expect(all.plan.added.map(({ pkgbase, neededBy }) => [pkgbase, ...neededBy])).toEqual([
      ["foo"],
      ["one", "foo"],
      ["two", "one"],
    ]);
    expect(all.plan.missing).toEqual([{ pkgbase: "foo", name: "nowhere", aur: undefined }]);
    expect(here.scheduled()).toEqual(["two", "one", "foo"]);
  });

  test("where the databases can't be read, only what the AUR has counts as missing", async () => {
    here.mirror.server.faults = [{ kind: "answers", status: 404 }];
    start();
    here.letAccountAge();
    here.aur.push("foo", aurRecipe("foo", { depends: ["glibc", "one"] }));
    here.aur.push("one", aurRecipe("one"));
    const { plan } = await here.add(["foo/aur"]);
    expect(plan.missing).toEqual([{ pkgbase: "foo", name: "one", aur: "one" }]);
  });

  describe("with the AUR down, a recipe from elsewhere", () => {
    const server = new GitServer();
    beforeEach(() => server.start());
    afterEach(() => server.stop());

    for (const [databases, unknown] of [
      ["the databases of CI_LIB_DB", ["one"]],
      ["no CI_LIB_DB", ["one", "odd-libs"]],
    ] as const) {
      test(`is taken, and what nobody could say is told: ${databases}`, async () => {
        const depends = ["glibc", "one", "odd-libs"];
        const files = aurRecipe("tool", { depends });
        server.commit("tool", { files, branch: "master", date: 1, message: "tool" });
        here.mirror.publish(
          "core",
          ["glibc", "odd-libs"].map((name) => ({ name, version: "1-1" })),
          {
            made: new Date("2026-07-01T12:00:00Z"),
          },
        );
        if (databases === "no CI_LIB_DB")
          here.world.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\n");
        start();
        await here.aur.web.stop();
        const request = [`tool/${server.url("tool")}`];
        const { plan, done } = await here.add(request, { acceptRisk: true });
        expect([done, plan.added.map(({ pkgbase }) => pkgbase)]).toEqual([true, ["tool"]]);
        expect(plan.missing).toEqual([]);
        expect(plan.unknown?.names).toEqual(unknown);
        expect(plan.unknown?.error.message).toContain("aur.archlinux.org");
      });
    }

    test("with its dependencies isn't, since they can't be found", async () => {
      const files = aurRecipe("tool", { depends: ["one"] });
      server.commit("tool", { files, branch: "master", date: 1, message: "tool" });
      start();
      await here.aur.web.stop();
      const options = { acceptRisk: true, withDependencies: true };
      await expect(here.add([`tool/${server.url("tool")}`], options)).rejects.toMatchObject({
        code: "unavailable",
      });
    });
  });
});

describe("sluice drop", () => {
  test("takes the package, its state and what it published away", async () => {
    here.world.addPackage("foo", { pkgnames: ["foo", "foo-docs"] });
    here.world.write("packages/foo/.CI/config", "");
    start("bar");
    await here.halfHourly();
    const { plan } = await here.drop(["foo"]);
    expect(here.filesAtOrigin().filter((path) => path.includes("foo"))).toEqual([]);
    expect(here.schedule()).toMatchObject({
      builds: [],
      removals: [{ pkgbase: "foo", pkgnames: ["foo", "foo-docs"] }],
    });
    expect(here.world.atOrigin("log", "-1", "--format=%s", "main")).toBe("chore(drop): foo");
    expect(here.world.scheduled()).toBe(plan.head);
  });

  test("forgets the state of what it drops", async () => {
    start();
    here.letAccountAge();
    await here.halfHourly();
    here.aur.push("foo", aurRecipe("foo"));
    await here.add(["foo/aur"]);
    expect(here.filesAtOrigin("state")).toContain("foo");
    await here.drop(["foo"]);
    expect(here.filesAtOrigin("state")).not.toContain("foo");
  });

  test("says who needs it and refuses, unless forced, or they go as well", async () => {
    here.world.addPackage("foo", { lines: ["provides = libfoo=1"] });
    here.world.addPackage("app", { lines: ["depends = libfoo", "makedepends = foo>=1"] });
    start("bar");
    const refs = here.refs();

    const { plan, done } = await here.drop(["foo"]);

    expect(done).toBe(false);
    expect(plan.refusal).toMatchObject({
      code: "needed",
      message: "still needed by app; nothing was dropped",
    });
    expect(plan.dependents).toEqual([
      { pkgbase: "app", name: "libfoo", field: "depends" },
      { pkgbase: "app", name: "foo", field: "makedepends" },
    ]);
    expect(here.refs()).toBe(refs);
    expect(await here.drop(["foo", "app"])).toMatchObject({ done: true });
    here.world.git("reset", "-q", "--hard", "HEAD");
    expect(here.filesAtOrigin()).not.toContain("packages/app/PKGBUILD");
  });

  test("forced, leaves them behind", async () => {
    here.world.addPackage("app", { lines: ["depends = foo"] });
    start("foo");
    expect(await here.drop(["foo"], true)).toMatchObject({
      done: true,
      plan: { dependents: [{ pkgbase: "app" }] },
    });
  });

  test("knows no `all`", async () => {
    start("foo");
    await expect(here.drop(["all"])).rejects.toMatchObject({ code: "unknown-package" });
  });
});

describe("sluice bump", () => {
  test("rebuilds the published version once more, every other setting as it was", async () => {
    here.world.write("packages/foo/.CI/config", "# mine\nBUILDER_CLASS=heavy\n");
    start("foo", "bar");
    here.published({ foo: "1-1.2", bar: "1-1" });
    await here.bump(["foo"]);
    expect(here.atOrigin("packages/foo/.CI/config")).toBe(
      "# mine\nBUILDER_CLASS=heavy\nCI_PACKAGE_BUMP=1-1/3",
    );
    expect(here.schedule().builds).toMatchObject([{ pkgbase: "foo", class: "heavy" }]);
    expect(here.world.atOrigin("log", "-1", "--format=%s", "main")).toBe("chore(bump): foo");
    await here.bump(["foo"]);
    expect(here.atOrigin("packages/foo/.CI/config")).toContain("CI_PACKAGE_BUMP=1-1/4");
  });

  test("looks at what is published here, too", async () => {
    const pkgbuild = "pkgname=vcs\npkgver=r1\npkgrel=1\npkgver() { echo r2; }\n";
    here.world.addPackage("vcs", { pkgver: "r1" });
    here.world.write("packages/vcs/PKGBUILD", pkgbuild);
    start("foo");
    here.published({ foo: "1-1" });
    here.here = (pkgbase) => ({ published: pkgbase === "vcs" ? "r2-1" : "1-1.1", kept: [] });
    expect((await here.bump(["foo", "vcs"])).plan.bumps).toEqual([
      { pkgbase: "foo", bump: "1-1/2" },
      { pkgbase: "vcs", bump: "r2-1/1" },
    ]);
  });

  test("bumps all that can be, and says why the others can't", async () => {
    here.world.write("packages/managed/.CI/config", "CI_MANAGE_AUR=true\n");
    start("foo", "bar", "managed");
    here.published({ foo: "1-1" });
    const { plan } = await here.bump(["all"]);
    expect(plan.bumps).toEqual([
      { pkgbase: "bar", bump: "1-1/1" },
      { pkgbase: "foo", bump: "1-1/1" },
    ]);
    expect(plan.skipped).toEqual([
      { pkgbase: "managed", reason: "a package of CI_MANAGE_AUR=true takes no bump" },
    ]);
    expect(here.scheduled()).toEqual(["bar", "foo"]);
  });
});

describe("every operation", () => {
  test("schedules commits that weren't yet along, as on-commit does", async () => {
    start("foo", "bar", "late");
    here.world.write("packages/late/helper.sh", "true\n");
    here.world.commit("late gets a helper [deploy bar]");
    here.world.git("push", "-q", "origin", "main");
    await here.drop(["foo"]);
    expect(here.scheduled()).toEqual(["bar", "late"]);
    expect(here.schedule().removals).toMatchObject([{ pkgbase: "foo" }]);
    expect(here.world.scheduled()).toBe(here.world.atOrigin("rev-parse", "main"));
  });

  test("where nothing was ever scheduled, looks at the newest commit, too", async () => {
    here.world.addPackage("foo");
    here.world.addPackage("bar");
    here.world.commit("start");
    here.world.git("push", "-q", "origin", "main");
    await here.drop(["foo"]);
    expect(here.scheduled()).toEqual(["bar"]);
  });

  test("plans again where somebody was faster, and keeps what they did", async () => {
    start("foo", "bar");
    here.published({ foo: "1-1" });
    here.meanwhile = () => pushElsewhere("packages/bar/helper.sh", "true\n");
    await here.bump(["foo"]);
    expect(here.filesAtOrigin()).toContain("packages/bar/helper.sh");
    expect(here.atOrigin("packages/foo/.CI/config")).toBe("CI_PACKAGE_BUMP=1-1/1");
    expect(here.scheduled()).toEqual(["bar", "foo"]);
  });

  test("never touches uncommitted files in the work tree", async () => {
    start("foo", "bar");
    here.world.write("packages/bar/PKGBUILD", "mine\n");
    await here.drop(["foo"]);
    expect(here.world.read("packages/bar/PKGBUILD")).toBe("mine\n");
    expect(here.atOrigin("packages/bar/PKGBUILD")).not.toContain("mine");
    expect(here.world.git("status", "--porcelain")).toBe("M packages/bar/PKGBUILD");
  });

  for (const where of ["with a remote", "without one"]) {
    test(`is refused where edits that aren't committed would bring the package back, ${where}`, async () => {
      start("foo", "bar");
      if (where === "without one") here.world.git("remote", "remove", "origin");
      const before = here.world.git("for-each-ref");
      here.world.write("packages/foo/PKGBUILD", "mine\n");
      const { plan, done } = await here.drop(["foo"]);
      expect(done).toBe(false);
      expect(plan.refusal).toMatchObject({
        code: "local-edits",
        message: "uncommitted edits are in the way: packages/foo/PKGBUILD",
        exitCode: 1,
      });
      expect(here.world.git("for-each-ref")).toBe(before);
      expect(here.world.git("status", "--porcelain")).toBe("M packages/foo/PKGBUILD");
    });
  }

  test("is refused in a clone with commits that main lacks, which would have diverged by it", async () => {
    start("foo", "bar");
    here.published({ foo: "1-1" });
    here.world.write("packages/bar/helper.sh", "true\n");
    here.world.commit("not pushed yet");
    const before = here.refs();
    const { plan, done } = await here.bump(["foo"]);
    expect(done).toBe(false);
    expect(plan.refusal).toMatchObject({
      code: "unpushed",
      message: "this clone has 1 commit that main at origin lacks",
    });
    expect(here.refs()).toBe(before);

    here.world.git("push", "-q", "origin", "main");
    expect((await here.bump(["foo"])).done).toBe(true);
    expect(here.world.git("status", "--porcelain", "--branch")).toBe("## main");
    expect(here.world.git("rev-parse", "main")).toBe(here.world.atOrigin("rev-parse", "main"));
  });

  test("keeps its push from starting a pipeline", async () => {
    start("foo", "bar");
    here.platform = readPlatform({ GITHUB_ACTIONS: "1", GITHUB_REF_TYPE: "branch", GITHUB_REF_NAME: "main" });
    await here.drop(["foo"]);
    expect(here.world.atOrigin("log", "-1", "--format=%s", "main")).toBe("chore(drop): foo [skip ci]");
  });

  test("works without a remote, and where packages lie at the root", async () => {
    here.world.write("foo/PKGBUILD", "pkgname=foo\npkgver=1\npkgrel=1\n");
    here.world.write("bar/PKGBUILD", "pkgname=bar\npkgver=1\npkgrel=1\n");
    here.world.commit("start");
    here.world.git("remote", "remove", "origin");
    here.world.git("tag", "scheduled");
    const { plan } = await here.drop(["foo"]);
    expect(here.world.git("rev-parse", "main", "scheduled")).toBe(`${plan.head}\n${plan.head}`);
    expect(here.world.git("ls-files", "foo", "bar")).toBe("bar/PKGBUILD");
    expect(here.world.git("status", "--porcelain")).toBe("");
  });
});
