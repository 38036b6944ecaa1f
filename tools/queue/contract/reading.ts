import { expect, test } from "vitest";
import type { QueueEvent } from "../events.ts";
import { type Start, arch, leaseMs, target } from "./desk.ts";

/** What can be seen of the queue. */
export function reading(start: Start): void {
  test("a follower sees each event once and in order, from wherever it left off, across processes", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    const seen: QueueEvent[] = [];
    const stop = new AbortController();
    const following = (async (): Promise<void> => {
      for await (const event of desk.queue.events({ after: 0, signal: stop.signal })) {
        seen.push(event);
        if (event.kind === "finished") stop.abort();
      }
    })();
    const other = await desk.open();
    const claim = await other.claim({ worker: "other", classes: [], leaseMs });
    await other.finish(claim!, { outcome: "failed", message: "exit code 4" });
    await following;
    expect(seen).toMatchObject([
      { kind: "queued", target, arch, pkgbase: "app", reason: "changed", at: desk.clock.ms },
      { kind: "claimed", worker: "other" },
      { kind: "finished", outcome: "failed", message: "exit code 4" },
    ]);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b));
    const { value } = await other.events({ after: seen[1]!.seq })[Symbol.asyncIterator]().next();
    expect(value).toEqual(seen[2]);
    expect((await other.state()).seq).toBe(seen[2]!.seq);
  });

  test("builds are forgotten with the events before, but not the last of each outcome of a package", async () => {
    const desk = await start();
    const outcomes = ["built", "failed", "built", "failed", "failed"] as const;
    for (const outcome of outcomes) {
      await desk.submit({ app: [] });
      await desk.queue.finish(await desk.claim("app"), { outcome, ...(outcome === "built" && { bytes: 7 }) });
      desk.clock.ms += 1000;
    }
    await desk.queue.forget(desk.clock.ms - 1000);
    const left = await desk.queue.history({ limit: 9 });
    expect(left.map(({ id, outcome, bytes }) => [id, outcome, bytes])).toEqual([
      [5, "failed", undefined],
      [3, "built", 7],
    ]);
    expect((await desk.events("finished")).map((event) => "build" in event && event.build)).toEqual([5]);
    expect(await desk.queue.packages()).toMatchObject([{ pkgbase: "app", outcome: "failed" }]);
  });

  test("a follower ends when its queue is closed", async () => {
    const desk = await start();
    const queue = await desk.open();
    const next = queue.events({ after: 0 })[Symbol.asyncIterator]().next();
    await queue.close();
    expect(await next).toMatchObject({ done: true });
  });

  test("all is still there when the queue is opened again", async () => {
    const desk = await start();
    const pipeline = { commit: "def", id: "7", url: "https://ci.example/7" };
    await desk.submit({ done: [], active: [], queued: ["active"] }, { pipeline });
    await desk.finish(await desk.claim("active"), "lost");
    await desk.finish(await desk.claim("done"), "built");
    const [state, history] = [await desk.queue.state(), await desk.queue.history({ limit: 9 })];
    await desk.queue.close();
    const reopened = await desk.open();
    expect(await reopened.state()).toEqual(state);
    expect(await reopened.history({ limit: 9 })).toEqual(history);
    expect(state.builds).toMatchObject([{ pkgbase: "active", pipeline, losses: 1 }, { pkgbase: "queued" }]);
  });

  test("who asks for some states alone gets what the whole says of them", async () => {
    const desk = await start();
    await desk.submit({ failed: [], active: [], waiting: ["active"], blocked: ["failed"] });
    await desk.finish(await desk.claim("failed"), "failed");
    await desk.claim("active");
    const { builds, seq } = await desk.queue.state();
    for (const kind of ["active", "waiting", "blocked"] as const) {
      const some = builds.filter(({ status }) => status.kind === kind);
      expect(some).toHaveLength(1);
      expect(await desk.queue.state([kind])).toMatchObject({ seq, builds: some });
    }
    expect((await desk.queue.state([])).builds).toEqual([]);
  });

  test("a package's history is separate from others'", async () => {
    const desk = await start();
    await desk.submit({ one: [], two: [] });
    await desk.drain();
    const key = { target, arch, pkgbase: "one" };
    expect((await desk.queue.history({ key, limit: 9 })).map(({ pkgbase }) => pkgbase)).toEqual(["one"]);
    expect(await desk.queue.history({ limit: 1 })).toHaveLength(1);
  });

  test("a build that ended is found by its id", async () => {
    const desk = await start();
    await desk.submit({ one: [], two: [] });
    await desk.drain();
    const [, first] = await desk.queue.history({ limit: 9 });
    expect(await desk.queue.history({ build: first!.id, limit: 9 })).toEqual([first]);
    expect(await desk.queue.history({ build: 999, limit: 9 })).toEqual([]);
  });

  test("names and texts are taken literally", async () => {
    const desk = await start();
    const name = "a@b_+c.d'; drop table build; --";
    await desk.submit({ [name]: ["$(x)"] }, { reason: "`id` \u0000 %s ?1 🎉" });
    expect((await desk.claim(name)).build).toMatchObject({
      needs: ["$(x)"],
      reasons: ["`id` \u0000 %s ?1 🎉"],
    });
  });
}
