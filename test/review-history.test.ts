import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { recipe, ScheduleDays } from "./world/schedule-days.ts";
import type { ForgeServer } from "./world/forge-server.ts";
import { connect, standIns } from "./world/forges.ts";

/** A new dependency is more than a new version, and nothing worse. */
const major = (pkgver: string): ReturnType<typeof recipe> =>
  recipe("foo", pkgver, { lines: [`depends = lib${pkgver}`] });

const start = new ScheduleDays();
let days: ScheduleDays;
let server: ForgeServer;

beforeAll(async () => {
  start.follow("foo");
  start.recipes.set("foo", { ...start.recipes.get("foo")!, maintainers: ["ann"] } as never);
  start.world.publishScheduled();
  await start.run();
});
afterAll(() => start.world.remove());
beforeEach(async () => {
  const [{ kind, start: startForge }] = standIns as [(typeof standIns)[number]];
  days = new ScheduleDays(start);
  server = await startForge(days.world.origin);
  days.forge = await connect(kind, server);
});
afterEach(() => server.stop().finally(() => days.world.remove()));

let day = 0;

/** A version that somebody has to look at, a day later; and what the review says of the past. */
async function offer(pkgver: string, maintainers: readonly string[]): Promise<string> {
  days.now = new Date(Date.UTC(2026, 5, 2 + day++));
  days.offer("foo", 100 + day, major(pkgver), { maintainers });
  await days.run();
  return server.current().at(-1)!.body;
}

function merge(branch: string): void {
  const { world } = days;
  world.git("fetch", "-q", "origin");
  world.git("reset", "-q", "--hard", "origin/main");
  const subject = `Merge pull request #1 from owner/${branch}`;
  world.git("merge", "-q", "--no-ff", "-m", subject, `origin/${branch}`);
  world.git("commit", "-q", "--amend", "--no-edit", "--author=Rita Reviewer <rita@example.org>");
  world.git("push", "-q", "origin", "main");
  world.git("push", "-q", "-f", "origin", "HEAD:refs/tags/scheduled");
}

test("a review tells who maintained the package since when, how often it was held, and who decided what", async () => {
  const first = await offer("2", ["ann"]);
  expect(first).toContain("- Maintained by `ann`; no others are on record\n");
  expect(first).toContain("- None of its updates was held before");
  expect(first).not.toContain("Look at first");

  merge(server.current()[0]!.branch);
  await days.run();
  const second = await offer("3", ["ann"]);
  expect(second).toMatch(/- 2 changes of the recipe since \S+ \(.*\): 1 accepted by a person, 1 by hand\n/);
  expect(second).toMatch(/- Accepted: \S+ by `Rita Reviewer`\n/);
  expect(second).toContain(
    "- 1 update held since 2026-06-02: 1 accepted; last decided on 2026-06-02: accepted\n",
  );

  server.refuse(server.current().at(-1)!.number);
  await days.run();
  await days.run();
  expect(days.atOrigin("foo", "state").match(/refused:/g)).toHaveLength(1);
  const third = await offer("4", ["mallory"]);
  expect(third).toContain("- An update was refused on 2026-06-03, and none was accepted since\n");
  expect(third).toContain(
    "- 2 updates held since 2026-06-02: 1 accepted, 1 refused; last decided on 2026-06-03: refused\n",
  );

  merge(server.current().at(-1)!.branch);
  await days.run();
  const fourth = await offer("5", ["mallory"]);
  expect(fourth).toContain(
    "### Look at first\n\n- Its maintainers changed 1 day ago: `ann` before, `mallory` since\n",
  );
  expect(fourth).toContain("- Maintained by `mallory` since 2026-06-04; before by `ann` until 2026-06-04\n");
});
