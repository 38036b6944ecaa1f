import { expect, test } from "vitest";
import type { ObservedQueue, Total } from "../event-readers.ts";
import type { Desk, Start } from "./desk.ts";

const mine = { owner: "one", leaseMs: 1000 };
const other = { owner: "two", leaseMs: 1000 };

async function kinds(desk: Desk<ObservedQueue>, lease = mine): Promise<readonly string[] | undefined> {
  return (await desk.queue.unread("chat", lease))?.map(
    ({ event }) => `${event.kind} ${event.pkgbase} ${event.seq}`,
  );
}

/** Readers of events: each gets every event, at least once and in order. */
export function eventReaders(start: Start<ObservedQueue>): void {
  test("a new reader begins with what happens from now on, and reads it again until it is marked as read", async () => {
    const desk = await start();
    await desk.submit({ before: [] });
    expect(await kinds(desk)).toEqual([]);
    await desk.submit({ after: [] });
    expect(await kinds(desk)).toEqual(["queued after 2"]);
    expect(await kinds(desk)).toEqual(["queued after 2"]);
    await desk.queue.markRead("chat", mine, { upTo: 2, besides: [], sent: 1, refused: 0 });
    expect(await kinds(desk)).toEqual([]);
    expect(await desk.queue.readers()).toEqual([
      { reader: "chat", upTo: 2, behindSince: null, leaseUntil: desk.clock.ms + 1000 },
    ]);
  });

  test("what was read out of turn isn't read again, also by another process after a crash", async () => {
    const desk = await start();
    await kinds(desk);
    await desk.submit({ a: [], b: [], c: [] });
    await desk.queue.markRead("chat", mine, { upTo: 1, besides: [3], sent: 1, refused: 0 });
    expect(await kinds(desk)).toEqual(["queued b 2"]);
    await desk.queue.markRead("chat", mine, { upTo: 0, besides: [], sent: 0, refused: 0 });
    desk.clock.ms += 1001;
    await desk.queue.close();
    const again = await desk.open();
    expect((await again.unread("chat", other))?.map(({ event }) => event.seq)).toEqual([2]);
    expect(await again.readers()).toMatchObject([{ upTo: 1, behindSince: desk.clock.ms - 1001 }]);
  });

  test("an update that waits for a person is an event once, until it was closed and another one is opened", async () => {
    const desk = await start();
    const of = { target: "repo", arch: "x86_64" };
    const review = { pkgbase: "a", branch: "update-a-1", url: null, message: "1 → 2, major" };
    const next = { ...review, branch: "update-a-2" };
    for (const open of [[review], [review], [next], [next], [], [next]]) {
      await desk.queue.noteReviews(of, open);
    }
    await desk.queue.noteReviews({ target: "other", arch: "x86_64" }, []);
    await desk.queue.noteReviews(of, [next]);
    expect(await desk.events("review-opened")).toMatchObject([
      { pkgbase: "a", target: "repo", url: null, message: "1 → 2, major", seq: 1 },
      { seq: 2 },
      { seq: 3 },
    ]);
    expect((await desk.queue.state()).builds).toEqual([]);
    expect(await desk.queue.packages()).toEqual([]);
  });

  test("one process at a time reads for a reader, and what a late one says doesn't count", async () => {
    const desk = await start();
    await kinds(desk);
    await desk.submit({ a: [] });
    expect(await kinds(desk, other)).toBeUndefined();
    desk.clock.ms += 1001;
    expect(await kinds(desk, other)).toEqual(["queued a 1"]);
    const read = { upTo: 1, besides: [], sent: 1, refused: 0 };
    expect(await desk.queue.markRead("chat", mine, read)).toBe(false);
    expect(await kinds(desk, other)).toEqual(["queued a 1"]);
    expect(await desk.queue.markRead("chat", other, read)).toBe(true);
  });

  test("an event comes with its build, while it waits and after it ended", async () => {
    const desk = await start();
    await kinds(desk);
    const pipeline = { commit: "def", id: "7", url: null };
    await desk.submit({ a: [] }, { pipeline });
    const [queued] = (await desk.queue.unread("chat", mine))!;
    expect(queued!.build).toMatchObject({ id: 1, pkgbase: "a", pipeline, worker: null });
    await desk.finish(await desk.claim("a"), "failed");
    const last = (await desk.queue.unread("chat", mine))!.at(-1);
    expect(last).toMatchObject({ event: { kind: "finished" }, build: { pipeline, worker: "tester" } });
  });

  test("a submission of another pipeline says which one it replaces", async () => {
    const desk = await start();
    const first = { commit: "abc", id: "1", url: null };
    await desk.submit({ a: [] }, { pipeline: first });
    await desk.submit({ a: [] }, { pipeline: first });
    await desk.submit({ a: [] }, { pipeline: { ...first, commit: "def" } });
    const merged = await desk.events("merged");
    expect(merged).toHaveLength(2);
    expect(merged[0]).not.toHaveProperty("replaced");
    expect(merged[1]).toMatchObject({ replaced: { source: "workspace", pipeline: first } });
  });

  test("a pipeline's builds are known with how they stand, and how many it had asked for", async () => {
    const desk = await start();
    const pipeline = { commit: "def", id: null, url: null };
    await desk.submit({ a: [], b: ["a"] }, { pipeline });
    await desk.submit({ other: [] });
    await desk.finish(await desk.claim("a"), "built");
    await desk.submit({ a: [] }, { pipeline });
    expect(await desk.queue.pipelineBuilds("def")).toEqual([
      { pkgbase: "a", pipeline: { ...pipeline, builds: 3 }, status: "waiting" },
      { pkgbase: "b", pipeline: { ...pipeline, builds: 2 }, status: "waiting" },
    ]);
  });

  test("a removal that fails is said once for each cause", async () => {
    const desk = await start();
    const removals = [{ pkgbase: "gone", pkgnames: ["gone"], reason: "dropped" }];
    await desk.submit({}, { removals });
    for (const message of ["the disk is full", "the disk is full", "the key expired"])
      await desk.queue.removalFailed(1, message);
    await desk.queue.removed(1);
    await desk.queue.removalFailed(1, "too late");
    expect((await desk.events("removal-failed", "removed")).map((event) => event)).toMatchObject([
      { kind: "removal-failed", pkgbase: "gone", message: "the disk is full" },
      { kind: "removal-failed", message: "the key expired" },
      { kind: "removed" },
    ]);
  });

  test("counts go on after a restart, and other packages make no new ones", async () => {
    const desk = await start();
    await desk.submit({ a: [], b: [] }, { class: "heavy" });
    desk.clock.ms += 5000;
    const claim = await desk.claim("a", ["heavy"]);
    desk.clock.ms += 40_000;
    await desk.finish(claim, "built");
    await desk.queue.close();
    const again = await desk.open();
    const claimed = await again.claim({ worker: "w", classes: ["heavy"], leaseMs: 1000 });
    await again.finish(claimed!, { outcome: "built" });
    const totals = await again.totals();
    const of = (name: string): Pick<Total, "labels" | "value">[] =>
      totals.filter((total) => total.name === name).map(({ labels, value }) => ({ labels, value }));
    expect(of("builds")).toEqual([
      { labels: { target: "repo", arch: "x86_64", class: "heavy", outcome: "built" }, value: 2 },
    ]);
    expect(of("build_seconds_bucket")).toEqual([
      { labels: { le: "0.1" }, value: 1 },
      { labels: { le: "60" }, value: 1 },
    ]);
    expect(of("build_seconds_sum")).toEqual([{ labels: {}, value: 40 }]);
    expect(of("wait_seconds_sum")).toEqual([{ labels: {}, value: 50 }]);
    const polls = { name: "upstream_polls", labels: { result: "new" }, value: 2 };
    await again.addTotals([polls, polls]);
    expect(await again.totals()).toContainEqual({ ...polls, value: 4 });
  });
}
