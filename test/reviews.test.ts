import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { branchName, digestOf } from "../tools/forge/branch-name.ts";
import type { RecipeFile } from "../tools/workspace/recipe-changes.ts";
import { standIns } from "./world/forges.ts";
import { ReviewLife } from "./world/review-life.ts";

describe.each(standIns)("the life of a review on $kind", (standIn) => {
  let life: ReviewLife;

  beforeEach(async () => {
    life = await ReviewLife.begin(standIn);
  });

  afterEach(async () => {
    await life.end();
  });

  test("a held update gets a review whose branch is main with this package's change alone", async () => {
    const helper: RecipeFile = {
      path: "src/deep/run.sh",
      mode: "100755",
      content: Buffer.from("#!/bin/sh\n"),
    };
    const link: RecipeFile = { path: "LICENSE", mode: "120000", content: Buffer.from("src/LICENSE") };
    life.world.write("packages/bar/PKGBUILD", "# somebody's unfinished work in the work tree\n");
    life.world.git("add", "-A");
    const wanted = life.update("foo", "2", [helper, link]);
    expect(await life.run({ wanted: [wanted] })).toEqual(["open foo: held for review"]);

    const branch = branchName("foo", wanted.revision);
    expect(life.server.current()).toMatchObject([
      {
        branch,
        target: "main",
        title: "chore(update): foo",
        state: "open",
        labels: ["update"],
        assignees: ["alice"],
      },
    ]);
    expect(life.server.review(1)!.body).toContain("New version `2`.");
    expect(life.world.atOrigin("rev-list", "--count", `main..${branch}`)).toBe("1");
    expect(life.world.atOrigin("diff", "--raw", "--abbrev=4", "main", branch).split("\n")).toEqual([
      expect.stringMatching(/ D\tpackages\/foo\/\.SRCINFO$/),
      expect.stringMatching(/^:000000 120000 .* A\tpackages\/foo\/LICENSE$/),
      expect.stringMatching(/ M\tpackages\/foo\/PKGBUILD$/),
      expect.stringMatching(/^:000000 100755 .* A\tpackages\/foo\/src\/deep\/run\.sh$/),
    ]);
    expect(life.world.atOrigin("show", "-s", "--format=%an <%ae> %cn %s", branch)).toBe(
      "Sluice <sluice@example.org> Sluice chore(update): foo",
    );
    expect(life.world.git("status", "--short")).toBe("M  packages/bar/PKGBUILD");
  });

  test("another run changes nothing, however often", async () => {
    const wanted = [life.update("foo", "2"), life.update("bar", "3")];
    expect(await life.run({ wanted })).toHaveLength(2);
    const before = life.world.atOrigin("for-each-ref");
    life.world.write("README.md", "main moves on");
    life.world.commit("else");
    life.world.git("push", "-q", "origin", "main");
    expect(await life.run({ wanted: [life.update("foo", "2"), life.update("bar", "3")] })).toEqual([]);
    expect(await life.run({ unknown: ["foo", "bar"] })).toEqual([]);
    expect(life.world.atOrigin("for-each-ref", "refs/heads/update-*")).toBe(
      before
        .split("\n")
        .filter((line) => line.includes("update-"))
        .join("\n"),
    );
    expect(life.server.reviews).toHaveLength(2);
    expect(life.server.current().flatMap(({ comments }) => comments)).toEqual([]);
  });

  test("a newer revision opens a new review, and the old one is closed with a word why", async () => {
    await life.run({ wanted: [life.update("foo", "2")] });
    expect(await life.run({ wanted: [life.update("foo", "3")] })).toEqual([
      "open foo: held for review",
      "close foo: superseded",
    ]);
    expect(life.server.current().map(({ state }) => state)).toEqual(["closed", "open"]);
    const comments = life.server.review(1)!.comments.filter(({ system }) => !system);
    expect(comments).toHaveLength(1);
    expect(comments[0]!.body).toMatch(/newer revision of `foo` \(https:.*\/2\)/);
    expect(life.branches()).toEqual([branchName("foo", life.update("foo", "3").revision)]);
    expect(await life.run({ wanted: [life.update("foo", "3")] })).toEqual([]);
  });

  test("a review that a person closed isn't reopened until upstream changes", async () => {
    const two = life.update("foo", "2");
    await life.run({ wanted: [two] });
    life.server.refuse(1);
    expect(await life.run({ wanted: [two] })).toEqual([]);
    expect(life.refusals).toEqual([{ pkgbase: "foo", digest: digestOf(two.revision) }]);
    expect(await life.run({ wanted: [two] })).toEqual([]);
    expect(await life.run({ unknown: ["foo"] })).toEqual([]);
    expect(life.refusals).toHaveLength(1);
    expect(life.server.reviews).toHaveLength(1);

    expect(await life.run({ wanted: [life.update("foo", "3")] })).toEqual([
      "prune foo: superseded",
      "open foo: held for review",
    ]);
    expect(life.refusals).toEqual([]);
  });

  test("a refusal is found again where the state was lost, and forgotten when the review is reopened", async () => {
    const two = life.update("foo", "2");
    await life.run({ wanted: [two] });
    life.server.refuse(1);
    await life.run({ wanted: [two] });
    life.refusals = [];
    expect(await life.run({ wanted: [two] })).toEqual([]);
    expect(life.refusals).toHaveLength(1);
    life.server.review(1)!.state = "open";
    expect(await life.run({ wanted: [two] })).toEqual([]);
    expect(life.refusals).toEqual([]);
  });

  test("a merged review is done with, and its branch is pruned", async () => {
    const two = life.update("foo", "2");
    await life.run({ wanted: [two] });
    const branch = branchName("foo", two.revision);
    life.world.git("fetch", "-q", "origin", branch);
    life.world.git("merge", "-q", "--no-ff", "-m", "accept", "FETCH_HEAD");
    life.world.git("push", "-q", "origin", "main");
    expect(await life.run({})).toEqual(["prune foo: merged"]);
    expect(life.server.review(1)!.state).toBe("merged");
    expect(life.server.review(1)!.comments).toEqual([]);
    expect(life.branches()).toEqual([]);
  });

  test("an update that main took and lost again gets a new review from today's main", async () => {
    const two = life.update("foo", "2");
    await life.run({ wanted: [two] });
    const branch = branchName("foo", two.revision);
    life.world.git("fetch", "-q", "origin", branch);
    life.world.git("merge", "-q", "--no-ff", "-m", "accept", "FETCH_HEAD");
    life.world.git("revert", "--no-edit", "-m", "1", "HEAD");
    life.world.git("push", "-q", "origin", "main");
    expect(await life.run({ wanted: [life.update("foo", "2")] })).toEqual([
      "prune foo: merged",
      "open foo: held for review",
    ]);
    expect(life.server.current().map(({ state }) => state)).toEqual(["merged", "open"]);
    expect(life.world.atOrigin("merge-base", "main", branch)).toBe(life.world.git("rev-parse", "main"));
  });

  test("a main that caught up closes the review and says so", async () => {
    await life.run({ wanted: [life.update("foo", "2")] });
    expect(await life.run({})).toEqual(["close foo: overtaken"]);
    expect(life.server.review(1)!.comments[0]!.body).toContain("main branch has caught up");
    expect(life.branches()).toEqual([]);
    // Should upstream's revision be wanted once more, Sluice's own closing was no refusal.
    expect(await life.run({ wanted: [life.update("foo", "2")] })).toEqual(["open foo: held for review"]);
  });

  test("a dropped package closes its review", async () => {
    await life.run({ wanted: [life.update("foo", "2")] });
    expect(await life.run({ packages: ["bar"] })).toEqual(["close foo: dropped"]);
    expect(life.server.review(1)!.comments[0]!.body).toContain("dropped");
    expect(life.branches()).toEqual([]);
  });

  test("an upstream that can't be asked closes nothing", async () => {
    await life.run({ wanted: [life.update("foo", "2")] });
    const { actions, kept } = await life.plan({ unknown: ["foo"] });
    expect(actions).toEqual([]);
    expect(kept).toMatchObject([{ pkgbase: "foo", reason: "upstream couldn't be judged" }]);
  });

  test("a person's commits are kept: the review stays open and gets one comment", async () => {
    const two = life.update("foo", "2");
    await life.run({ wanted: [two] });
    const theirs = life.personPushes(branchName("foo", two.revision));
    expect(await life.run({ wanted: [two] })).toEqual([]);
    expect(await life.run({ wanted: [life.update("foo", "3")] })).toEqual([
      "open foo: held for review",
      "tell foo: superseded",
    ]);
    expect(await life.run({ wanted: [life.update("foo", "3")] })).toEqual([]);
    expect(life.server.current().map(({ state, head }) => [state, head === theirs])).toEqual([
      ["open", true],
      ["open", false],
    ]);
    expect(life.server.review(1)!.comments).toHaveLength(1);
    expect(life.server.review(1)!.comments[0]!.body).toMatch(/Somebody has pushed commits here/);
    // The next revision is news again.
    expect(await life.run({ wanted: [life.update("foo", "4")] })).toEqual([
      "open foo: held for review",
      "close foo: superseded",
      "tell foo: superseded",
    ]);
    expect(life.world.atOrigin("rev-parse", branchName("foo", two.revision))).toBe(theirs);
  });

  test("a review gets one comment, also when Sluice has come to run as another account", async () => {
    const two = life.update("foo", "2");
    await life.run({ wanted: [two] });
    life.personPushes(branchName("foo", two.revision));
    life.renameAccount("sluice-app");
    expect(await life.run({})).toEqual(["tell foo: overtaken"]);
    expect(await life.run({})).toEqual([]);
  });

  test("a person's rewritten commit counts as theirs, though it bears Sluice's name", async () => {
    const two = life.update("foo", "2");
    const branch = branchName("foo", two.revision);
    await life.run({ wanted: [two] });
    life.world.git("fetch", "-q", "origin", branch);
    life.world.git("checkout", "-q", "FETCH_HEAD");
    life.world.write("packages/foo/PKGBUILD", "pkgver=2 # safer\n");
    life.world.git("add", "-A");
    life.world.git("-c", "user.name=x", "commit", "-q", "--amend", "--no-edit");
    life.world.git("push", "-q", "-f", "origin", `HEAD:${branch}`);
    life.world.git("checkout", "-q", "main");
    expect(await life.run({})).toEqual(["tell foo: overtaken"]);
    expect(life.branches()).toEqual([branch]);
  });

  test("a repository taken over from Chaotic-AUR: its one branch per package is known, closed and pruned", async () => {
    for (const pkgbase of ["foo", "bar"]) {
      life.chaoticPushes(pkgbase);
      const review = { branch: `update-${pkgbase}`, title: `chore(update): ${pkgbase}`, body: "" };
      await life.forge.openReview({ ...review, labels: [], assignee: undefined });
    }
    life.personPushes("update-bar", "packages/bar/PKGBUILD");
    expect(await life.run({ wanted: [life.update("foo", "2"), life.update("bar", "2")] })).toEqual([
      "open foo: held for review",
      "open bar: held for review",
      "close foo: superseded",
      "tell bar: superseded",
    ]);
    expect(life.branches()).not.toContain("update-foo");
    expect(life.branches()).toContain("update-bar");
  });

  test("packages at the root, names with plus and dots, and files whose names aren't UTF-8 all survive", async () => {
    life.world.git("rm", "-rq", "--cached", "packages");
    life.world.delete("packages");
    for (const name of ["gtk+..x", "foo"]) life.world.write(`${name}/PKGBUILD`, "pkgver=1\n");
    life.world.commit("move to the root");
    const blob = life.world.git("hash-object", "-w", "foo/PKGBUILD");
    const entry = Buffer.concat([Buffer.from(`100644 ${blob}\t`), Buffer.from([0x6e, 0xe9, 0x00])]);
    execFileSync("git", ["-C", life.world.dir, "update-index", "-z", "--index-info"], { input: entry });
    life.world.git("commit", "-q", "-m", "a name in latin1");
    life.world.git("push", "-q", "-f", "origin", "main");
    const wanted = { ...life.update("gtk+..x", "2"), base: life.world.git("rev-parse", "main") };
    const day = { wanted: [wanted], packages: ["gtk+..x", "foo"], ports: { packagesDir: "." } };
    expect(await life.run(day)).toEqual(["open gtk+..x: held for review"]);
    const branch = branchName("gtk+..x", wanted.revision);
    expect(life.world.atOrigin("diff", "--name-only", "main", branch)).toBe("gtk+..x/PKGBUILD");
    expect(await life.run({ ...day, wanted: [] })).toEqual(["close gtk+..x: overtaken"]);
  });
});
