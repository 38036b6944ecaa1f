import { expect, test } from "vitest";
import { type Start, arch, leaseMs, target } from "./desk.ts";

/** How builds end whose worker died or that are no longer wanted. */
export function ending(start: Start): void {
  test("a build whose builder died is handed out again, three times with growing pauses, then it is lost", async () => {
    const desk = await start();
    await desk.submit({ lib: [], app: ["lib"] });
    for (const pause of [1000, 4000, 16_000]) {
      await desk.claim("lib");
      desk.clock.ms += leaseMs + 1;
      expect(await desk.claimAny()).toBeUndefined();
      expect(await desk.statuses()).toEqual({ lib: `delayed ${pause}`, app: "waiting for lib" });
      desk.clock.ms += pause - 1;
      expect(await desk.claimAny()).toBeUndefined();
      desk.clock.ms += 1;
    }
    expect((await desk.claim("lib")).build.losses).toBe(3);
    desk.clock.ms += leaseMs + 1;
    expect(await desk.claimAny()).toBeUndefined();
    expect(await desk.statuses()).toEqual({ app: "blocked by lib because of lib lost" });
    expect(await desk.queue.history({ limit: 1 })).toMatchObject([
      { pkgbase: "lib", outcome: "lost", message: "tester was not heard from for 60 s" },
    ]);
  });

  test("a builder may report its loss itself", async () => {
    const desk = await start();
    await desk.submit({ lib: [] });
    await desk.finish(await desk.claim("lib"), "lost");
    expect(await desk.events("retry")).toMatchObject([
      { pkgbase: "lib", losses: 1, until: desk.clock.ms + 1000 },
    ]);
    desk.clock.ms += 1000;
    await desk.claim("lib");
  });

  test("a lease that is kept alive doesn't run out", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    const claim = await desk.claim("app");
    for (let hour = 0; hour < 60; hour++) {
      desk.clock.ms += leaseMs;
      expect(await desk.queue.keepAlive(claim)).toBe("kept");
      expect(await desk.claimAny()).toBeUndefined();
    }
    expect(await desk.queue.finish(claim, { outcome: "built" })).toBe("finished");
  });

  test("a builder that was given up learns it, and its result doesn't count", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    const given = await desk.claim("app");
    desk.clock.ms += leaseMs + 1;
    await desk.claimAny();
    desk.clock.ms += 1000;
    const taken = await desk.claim("app");
    expect(taken.build.id).toBe(given.build.id);
    expect(await desk.queue.keepAlive(given)).toBe("gone");
    expect(await desk.queue.finish(given, { outcome: "failed" })).toBe("gone");
    expect(await desk.queue.finish(taken, { outcome: "built" })).toBe("finished");
  });

  test("finishing twice changes nothing", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    const claim = await desk.claim("app");
    await desk.finish(claim, "built");
    await desk.submit({ app: [] });
    const again = await desk.claim("app");
    expect(await desk.queue.finish(claim, { outcome: "failed" })).toBe("finished");
    expect(await desk.statuses()).toEqual({ app: "active" });
    await desk.finish(again, "built");
    expect((await desk.queue.history({ limit: 9 })).map(({ outcome }) => outcome)).toEqual([
      "built",
      "built",
    ]);
  });

  test("a lost build that was scheduled again meanwhile isn't retried besides", async () => {
    const desk = await start();
    await desk.submit({ app: [] }, { commit: "one" });
    const claim = await desk.claim("app");
    await desk.submit({ app: [] }, { commit: "two" });
    await desk.finish(claim, "lost");
    expect(await desk.drain()).toEqual(["app"]);
  });

  test("scheduling a build that waits for its retry starts it now", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    await desk.finish(await desk.claim("app"), "lost");
    await desk.submit({ app: [] });
    expect((await desk.claim("app")).build.losses).toBe(0);
  });

  test("a queued build ends as cancelled and blocks what needs it", async () => {
    const desk = await start();
    await desk.submit({ lib: [], app: ["lib"] });
    expect(await desk.queue.cancel({ target, arch, pkgbase: "lib" }, "by Ada")).toBe(true);
    expect(await desk.statuses()).toEqual({ app: "blocked by lib because of lib cancelled" });
    expect(await desk.queue.history({ limit: 1 })).toMatchObject([
      { pkgbase: "lib", outcome: "cancelled", message: "by Ada", worker: null, startedAt: null },
    ]);
    expect(await desk.queue.cancel({ target, arch, pkgbase: "lib" }, "again")).toBe(false);
  });

  test("an active build's worker is asked to stop, and is not retried if it dies instead", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    const claim = await desk.claim("app");
    await desk.queue.cancel({ target, arch, pkgbase: "app" }, "by Ada");
    expect(await desk.statuses()).toEqual({ app: "active, cancelling" });
    expect(await desk.queue.keepAlive(claim)).toBe("cancel");
    desk.clock.ms += leaseMs + 1;
    expect(await desk.claimAny()).toBeUndefined();
    expect(await desk.queue.history({ limit: 1 })).toMatchObject([
      { outcome: "cancelled", message: "by Ada" },
    ]);
    // What it built all the same comes too late.
    expect(await desk.queue.finish(claim, { outcome: "built" })).toBe("gone");
    expect(await desk.queue.finish(claim, { outcome: "cancelled" })).toBe("finished");
  });
}
