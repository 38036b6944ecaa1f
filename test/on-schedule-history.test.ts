import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recipe, ScheduleDays } from "./world/schedule-days.ts";

let days: ScheduleDays;
beforeEach(() => {
  days = new ScheduleDays();
  days.follow("foo");
  days.follow("bar");
  days.world.publishScheduled();
});
afterEach(() => days.world.remove());

test("one request that can't be met stops a run, not the repository: once it is cancelled all is done", async () => {
  await days.run();
  days.world.write("packages/bar/helper.sh", "true\n");
  const helper = days.world.commit("bar gets a helper").slice(0, 10);
  days.world.commit("oops [deploy nothing-of-that-name]");
  days.world.git("push", "-q", "origin", "main");
  days.offer("foo", 2, recipe("foo", "2"));
  for (const _ of [1, 2]) await expect(days.run()).rejects.toThrow("nothing-of-that-name");

  days.world.commit("[undeploy nothing-of-that-name]");
  days.world.git("push", "-q", "origin", "main");
  const { lines } = await days.run();

  expect(lines).toContain("updated foo: 1-1 → 2-1");
  expect(lines).toContain(`build bar: commit ${helper} changed helper.sh`);
  expect(days.scheduled()).toEqual(["bar", "foo"]);
  expect((await days.run()).lines).toEqual([]);
});

test("a branch state that somebody deleted is started again, and nothing is built because of it", async () => {
  await days.run();
  const state = days.world.atOrigin("ls-tree", "state");
  days.world.git("push", "-q", "origin", ":refs/heads/state");
  expect((await days.run()).lines).toEqual([]);
  expect(days.world.atOrigin("ls-tree", "state")).toBe(state);
});

test("a branch state whose past is gone is read all the same", async () => {
  await days.run();
  const other = join(days.world.base, "other");
  execFileSync("git", ["clone", "-q", "-b", "state", days.world.origin, other]);
  execFileSync("git", ["-C", other, "commit", "-q", "--amend", "--allow-empty", "-m", "another commit"]);
  execFileSync("git", ["-C", other, "push", "-q", "-f", "origin", "state"]);
  days.offer("foo", 2, recipe("foo", "2"));
  expect((await days.run()).lines).toContain("updated foo: 1-1 → 2-1");
  expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
});

test("a main whose past was rewritten leaves clones of before usable, and no update is lost", async () => {
  await days.run();
  const other = join(days.world.base, "other");
  execFileSync("git", ["clone", "-q", days.world.origin, other]);
  execFileSync("git", ["-C", other, "commit", "-q", "--amend", "-m", "all of it, in other words"]);
  execFileSync("git", ["-C", other, "push", "-q", "-f", "origin", "main"]);
  days.offer("foo", 2, recipe("foo", "2"));

  const { lines } = await days.run();

  expect(lines).toEqual(["updated foo: 1-1 → 2-1", "build foo: upstream update to 2"]);
  expect(days.world.atOrigin("log", "--format=%s", "main")).toBe(
    "chore(update): foo\nall of it, in other words",
  );
  expect(days.world.scheduled()).toBe(days.world.atOrigin("rev-parse", "main"));
  expect((await days.run()).lines).toEqual([]);
});
