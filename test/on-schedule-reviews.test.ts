import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recipe, ScheduleDays } from "./world/schedule-days.ts";
import type { ForgeServer } from "./world/forge-server.ts";
import { connect, standIns, type StandIn } from "./world/forges.ts";

/** A new dependency is more than a new version, and nothing worse. */
const major = (pkgbase: string, pkgver: string): ReturnType<typeof recipe> =>
  recipe(pkgbase, pkgver, { lines: ["depends = zlib"] });

let days: ScheduleDays;
let server: ForgeServer;

const start = new ScheduleDays();
beforeAll(async () => {
  start.follow("foo");
  start.follow("bar");
  start.world.publishScheduled();
  await start.run();
});
afterAll(() => start.world.remove());

/** Two packages with nothing new, and a forge in front of them. */
function beginEach({ kind, start: startForge }: StandIn): void {
  beforeEach(async () => {
    days = new ScheduleDays(start);
    server = await startForge(days.world.origin);
    days.forge = await connect(kind, server);
  });
  afterEach(() => server.stop().finally(() => days.world.remove()));
}

const states = (): string[] => server.current().map(({ branch, state }) => `${state} ${branch.slice(0, 10)}`);

/** What a person's click on Merge does. */
function merge(branch: string): void {
  days.world.git("fetch", "-q", "origin");
  days.world.git("merge", "-q", "--no-ff", "-m", "reviewed", `origin/${branch}`);
  days.world.git("push", "-q", "origin", "main");
  days.world.git("push", "-q", "-f", "origin", "HEAD:refs/tags/scheduled");
}

// What differs between forges is tested in tools/forge and reviews.test.ts.
describe.each(standIns)("held updates on $kind", (standIn) => {
  beginEach(standIn);

  test("are opened once, and are seen as looked at until upstream changes or a person decides", async () => {
    days.offer("foo", 2, major("foo", "2"));
    const first = await days.run();
    expect(first.lines[0]).toMatch(/^held foo: 1-1 → 2-1, major: /);
    expect(first.lines[1]).toMatch(/^review foo: open \(held for review\) http/);
    expect(first.needsPerson).toBe(false);
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=1");

    expect((await days.run()).lines).toEqual([]);
    expect(states()).toEqual(["open update-foo"]);
  });

  test("give way to a newer revision: one review is opened, the old one closed with a word, in one run", async () => {
    days.offer("foo", 2, major("foo", "2"));
    await days.run();
    days.offer("foo", 3, major("foo", "3"));
    await days.run();
    expect(states()).toEqual(["closed update-foo", "open update-foo"]);
    const { body } = server.current()[0]!.comments.at(-1)!;
    expect(body).toContain("newer revision");
    expect(body).toMatch(/[#!]2\b|\/2\b/);
    expect(days.world.atOrigin("for-each-ref", "refs/heads/update-*").split("\n")).toHaveLength(1);
  });
});

describe("held updates", () => {
  beginEach(standIns[0]!);

  test("that are merged are accepted with their maintainers, and their branch goes", async () => {
    days.offer("foo", 2, major("foo", "2"), { maintainers: ["carol"] });
    await days.run();
    merge(server.current()[0]!.branch);

    await days.run();

    expect(days.atOrigin("foo", "state")).toContain("SLUICE_MAINTAINERS=carol");
    expect(days.atOrigin("foo", "state")).not.toContain("SLUICE_HELD");
    expect(days.world.atOrigin("for-each-ref", "refs/heads/update-*")).toBe("");
    expect((await days.run()).lines).toEqual([]);
  });

  test("accept nobody before a person does, also where no maintainer was known before", async () => {
    days.follow("new");
    days.world.publishScheduled("another package");
    days.offer("new", 2, major("new", "2"), { maintainers: ["mallory"] });
    await days.run();
    await days.run();
    expect(days.atOrigin("new", "state")).not.toContain("SLUICE_MAINTAINERS");

    merge(server.current()[0]!.branch);
    await days.run();
    expect(days.atOrigin("new", "state")).toContain("SLUICE_MAINTAINERS=mallory");
  });

  test("stay while the review of a newer revision can't be opened", async () => {
    days.offer("foo", 2, major("foo", "2"));
    await days.run();
    const branches = days.world.atOrigin("for-each-ref", "refs/heads/update-*");
    days.offer("foo", 3, major("foo", "3"));
    server.fault = {
      kind: "answers",
      status: 422,
      body: { message: "no" },
      only: /^POST .*(pulls|merge_requests)$/,
    };
    await days.run();
    expect(states()).toEqual(["open update-foo"]);
    expect(days.world.atOrigin("for-each-ref", "refs/heads/update-*")).toContain(branches);

    server.fault = undefined;
    await days.run();
    expect(states()).toEqual(["closed update-foo", "open update-foo"]);
  });

  test("are closed in the push that brings a harmless newer version to main", async () => {
    days.offer("foo", 2, major("foo", "2"));
    await days.run();
    days.offer("foo", 3, recipe("foo", "3"));
    const { lines } = await days.run();
    expect(lines).toContain("updated foo: 1-1 → 3-1");
    expect(states()).toEqual(["closed update-foo"]);
    expect(server.current()[0]!.comments.at(-1)?.body).toContain("caught up");
    expect(days.world.atOrigin("for-each-ref", "refs/heads/update-*")).toBe("");
    expect((await days.run()).lines).toEqual([]);
  });

  test("that were refused aren't opened again until upstream changes", async () => {
    days.offer("foo", 2, major("foo", "2"));
    await days.run();
    server.refuse(1);
    expect((await days.run()).lines).toEqual([]);
    days.offer("foo", 3, major("foo", "3"));
    await days.run();
    expect(states().filter((state) => state.startsWith("open"))).toHaveLength(1);
  });

  test("wait while the forge is down, and nothing else does", async () => {
    days.offer("foo", 2, major("foo", "2"));
    days.offer("bar", 2, recipe("bar", "2"));
    server.fault = { kind: "down" };

    const { lines, needsPerson } = await days.run();

    expect(lines).toContain("updated bar: 1-1 → 2-1");
    expect(lines[0]).toMatch(/^held foo: .*not up for review/);
    expect(needsPerson).toBe(true);
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=1");

    server.fault = undefined;
    expect((await days.run()).lines.at(-1)).toMatch(/^review foo: open/);
    expect(states()).toEqual(["open update-foo"]);
  });

  test("of a pipeline before Sluice stand until upstream changes, and then give way", async () => {
    days.world.git("switch", "-q", "-c", "update-foo");
    for (const [path, { bytes }] of major("foo", "2")) days.world.write(`packages/foo/${path}`, bytes);
    days.world.git("add", "-A");
    const tree = days.world.git("write-tree");
    const who = "Sluice <sluice@example.org> 1780000000 +0000";
    const commit = `tree ${tree}\nparent ${days.world.git("rev-parse", "HEAD")}\nauthor ${who}\ncommitter ${who}\n\nx\n`;
    days.world.write("../commit", commit);
    days.world.git("reset", "-q", "--hard", days.world.git("hash-object", "-t", "commit", "-w", "../commit"));
    days.world.git("push", "-q", "origin", "update-foo");
    days.world.git("switch", "-q", "main");
    server.openAs("sluice-bot", "update-foo");
    expect((await days.run()).lines).toEqual([]);
    expect(states()).toEqual(["open update-foo"]);

    days.offer("foo", 3, recipe("foo", "3"));
    await days.run();
    expect(states()).toEqual(["closed update-foo"]);
  });

  test("of a package that is dropped are closed", async () => {
    days.offer("foo", 2, major("foo", "2"));
    await days.run();
    days.world.delete("packages/foo");
    days.world.commit("foo goes");
    days.world.git("push", "-q", "origin", "main");
    const { lines } = await days.run();
    expect(lines).toContain(
      "remove foo: commit " + days.world.git("rev-parse", "--short=10", "HEAD") + " removed the package",
    );
    expect(states()).toEqual(["closed update-foo"]);
    expect(server.current()[0]!.comments.at(-1)?.body).toContain("dropped");
  });

  test("to whose branch a person pushes are theirs: a newer revision leaves the branch alone", async () => {
    days.offer("foo", 2, major("foo", "2"));
    await days.run();
    const { branch } = server.current()[0]!;
    days.world.git("fetch", "-q", "origin");
    days.world.git("switch", "-q", "-c", "mine", `origin/${branch}`);
    days.world.write("packages/foo/note", "mine\n");
    days.world.commit("mine");
    days.world.git("push", "-q", "origin", `mine:${branch}`);
    days.world.git("switch", "-q", "main");
    const head = days.world.atOrigin("rev-parse", branch);

    days.offer("foo", 3, recipe("foo", "3"));
    await days.run();

    expect(days.world.atOrigin("rev-parse", branch)).toBe(head);
    expect(states()).toEqual(["open update-foo"]);
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=3");
  });
});
