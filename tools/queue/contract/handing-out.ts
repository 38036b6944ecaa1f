import { expect, test } from "vitest";
import { type Start, leaseMs } from "./desk.ts";

const names = (builds: readonly { pkgbase: string }[]): string[] => builds.map(({ pkgbase }) => pkgbase);

/** Builds that are offered elsewhere before they are claimed. */
export function handingOut(start: Start): void {
  const all = { classes: "all", limit: 10 } as const;

  test("ready builds are listed as they would be claimed, and claiming one by its id takes it alone", async () => {
    const desk = await start();
    await desk.submit({ lib: [], app: ["lib"], other: [], third: [] });
    const ready = await desk.queue.ready(all);
    expect(names(ready)).toEqual(["lib", "other", "third"]);
    expect(names(await desk.queue.ready({ ...all, limit: 1 }))).toEqual(["lib"]);
    const worker = { worker: "attic", classes: "all", leaseMs, builds: [ready[1]!.id] } as const;
    expect((await desk.queue.claim(worker))?.build.pkgbase).toBe("other");
    expect(await desk.queue.claim(worker)).toBeUndefined();
    expect(names(await desk.queue.ready(all))).toEqual(["lib", "third"]);
  });

  test("who takes nothing without a class isn't given it", async () => {
    const desk = await start();
    await desk.submit({ plain: [] });
    await desk.submit({ large: [] }, { class: "heavy" });
    expect(names(await desk.queue.ready({ classes: ["heavy"], classOnly: true, limit: 10 }))).toEqual([
      "large",
    ]);
    const worker = { worker: "attic", classes: ["heavy"], classOnly: true, leaseMs };
    expect((await desk.queue.claim(worker))?.build.pkgbase).toBe("large");
    expect(await desk.queue.claim(worker)).toBeUndefined();
  });

  test("a claim is its worker's alone, token or not", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    const claim = await desk.claim("app");
    const stolen = { ...claim, worker: "thief" };
    expect(await desk.queue.claimed(stolen)).toBeUndefined();
    expect(await desk.queue.keepAlive(stolen)).toBe("gone");
    expect(await desk.queue.finish(stolen, { outcome: "failed" })).toBe("gone");
    expect((await desk.queue.claimed(claim))?.pkgbase).toBe("app");
    await desk.finish(claim, "built");
    expect(await desk.queue.claimed(claim)).toBeUndefined();
  });

  test("after a time in which nobody could renew leases, those of the workers that are named hold once more", async () => {
    const desk = await start();
    await desk.submit({ app: [], lib: [] });
    const mine = await desk.claim("app");
    const other = (await desk.queue.claim({ worker: "attic", classes: "all", leaseMs }))!;
    desk.clock.ms += 10 * leaseMs;
    await desk.queue.renew(["attic"]);
    expect(names(await desk.queue.ready(all))).toEqual([]);
    expect(await desk.queue.keepAlive(mine)).toBe("gone");
    expect(await desk.queue.keepAlive(other)).toBe("kept");
  });

  test("a worker that restarts holds nothing of what it held, and others get that next", async () => {
    const desk = await start();
    await desk.submit({ app: [], lib: [] });
    const mine = await desk.claim("app");
    const other = (await desk.queue.claim({ worker: "attic", classes: "all", leaseMs }))!;
    await desk.queue.abandon("attic");
    expect(await desk.queue.keepAlive(other)).toBe("gone");
    expect(await desk.queue.keepAlive(mine)).toBe("kept");
    expect(await desk.statuses()).toEqual({ app: "active", lib: "delayed 1000" });
  });
}
