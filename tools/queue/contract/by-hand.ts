import { expect, test } from "vitest";
import { leaseMs, type Start, arch, target } from "./desk.ts";

/** What a person holds back, or takes a builder out of. */
export function byHand(start: Start): void {
  test("a package that is held isn't handed out, others are; let go, it is", async () => {
    const desk = await start();
    const key = { target, arch, pkgbase: "lib" };
    await desk.queue.hold(key, "ann: wait for the release");
    await desk.submit({ lib: [], app: ["lib"], other: [] });
    expect(await desk.statuses()).toMatchObject({
      lib: "held: ann: wait for the release",
      app: "waiting for lib",
    });
    expect(await desk.queue.ready({ classes: "all", limit: 9 })).toMatchObject([{ pkgbase: "other" }]);
    expect(await desk.drain()).toEqual(["other"]);
    expect((await desk.queue.state()).held).toEqual([{ ...key, why: "ann: wait for the release" }]);

    await desk.queue.hold(key, undefined);
    await desk.queue.hold(key, undefined);
    expect((await desk.events("held", "let-go")).map(({ kind }) => kind)).toEqual(["held", "let-go"]);
    expect(await desk.drain()).toEqual(["lib", "app"]);
  });

  test("a build under way goes on where its package is held, and what is queued for after it waits", async () => {
    const desk = await start();
    await desk.submit({ lib: [] });
    const claim = await desk.claim("lib");
    await desk.queue.hold({ target, arch, pkgbase: "lib" }, "why not");
    await desk.submit({ lib: [] });
    expect(await desk.queue.keepAlive(claim)).toBe("kept");
    await desk.finish(claim, "built");
    expect(await desk.statuses()).toEqual({ lib: "held: why not" });
  });

  test("a builder that is drained gets nothing more and keeps what it has, until it takes builds again", async () => {
    const desk = await start();
    const worker = { worker: "attic", classes: "all", leaseMs } as const;
    await desk.submit({ a: [], b: [] });
    const held = await desk.queue.claim(worker);
    await desk.queue.drain("attic", "ann: new disk");
    await (await desk.open()).drain("attic", "bob: new disk");
    expect(await desk.queue.drained()).toEqual([{ worker: "attic", why: "bob: new disk" }]);
    expect(await desk.queue.claim(worker)).toBeUndefined();
    expect(await desk.queue.keepAlive(held!)).toBe("kept");
    expect((await desk.queue.ready({ classes: "all", limit: 9 })).length).toBe(1);
    await desk.queue.drain("attic", undefined);
    expect(await desk.queue.claim(worker)).toMatchObject({ worker: "attic" });
  });
}
