import { expect, test } from "vitest";
import { leaseMs, type Start } from "./desk.ts";

/** In which order builds are handed out, and to whom. */
export function order(start: Start): void {
  test("a build is handed out only after what it needs has finished", async () => {
    const desk = await start();
    await desk.submit({ app: ["lib"], lib: ["base"], base: [] });
    const base = await desk.claim("base");
    expect(await desk.claimAny()).toBeUndefined();
    await desk.finish(base, "built");
    await desk.finish(await desk.claim("lib"), "already-built");
    await desk.finish(await desk.claim("app"), "skipped");
    expect(await desk.statuses()).toEqual({});
  });

  test("a build waits for a need that is submitted after it", async () => {
    const desk = await start();
    await desk.submit({ app: ["lib"] });
    await desk.submit({ lib: [] });
    expect(await desk.statuses()).toEqual({ app: "waiting for lib", lib: "ready" });
  });

  test("needs of another architecture or target hold nobody up", async () => {
    const desk = await start();
    await desk.submit({ lib: [] });
    await desk.submit({ app: ["lib"] }, { arch: "aarch64" });
    await desk.submit({ app: ["lib"] }, { target: "other" });
    const claims = [await desk.claimAny(), await desk.claimAny(), await desk.claimAny()];
    expect(claims.map((claim) => claim?.build.pkgbase).sort()).toEqual(["app", "app", "lib"]);
  });

  test("the longest remaining chain goes first", async () => {
    const desk = await start();
    await desk.submit({
      alone: [],
      short: [],
      shorter: ["short"],
      long: [],
      longer: ["long"],
      longest: ["longer"],
    });
    expect(await desk.drain()).toEqual(["long", "short", "longer", "alone", "shorter", "longest"]);
  });

  test("a chain is as long as its packages took the last time", async () => {
    const desk = await start();
    await desk.submit({ slow: [], quick: [] });
    const [slow, quick] = [await desk.claim("slow"), await desk.claim("quick")];
    desk.clock.ms += 1000;
    await desk.finish(quick, "built");
    desk.clock.ms += 50_000;
    await desk.finish(slow, "built");
    expect(await desk.queue.packages()).toMatchObject([
      { pkgbase: "quick", durationMs: 1000 },
      { pkgbase: "slow", durationMs: 51_000 },
    ]);
    await desk.submit({ quick: [], slow: [] });
    expect(await desk.drain()).toEqual(["slow", "quick"]);
  });

  test("a later submission lengthens the chain of what is queued already", async () => {
    const desk = await start();
    await desk.submit({ first: [], second: [] });
    await desk.submit({ tail: ["second"] });
    expect(await desk.drain()).toEqual(["second", "first", "tail"]);
  });

  test("a builder gets its own classes and those without one, and all only if it asks so", async () => {
    const desk = await start();
    await desk.submit({ heavy: [] }, { class: "heavy" });
    await desk.submit({ any: [] });
    expect((await desk.claimAny([]))?.build.pkgbase).toBe("any");
    expect(await desk.claimAny(["light"])).toBeUndefined();
    expect((await desk.claimAny(["light", "heavy"]))?.build.pkgbase).toBe("heavy");
    await desk.submit({ huge: [] }, { class: "huge" });
    expect((await desk.claimAny("all"))?.build.pkgbase).toBe("huge");
  });

  test("two handles never get the same build", async () => {
    const desk = await start();
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
    await desk.submit(Object.fromEntries(names.map((name) => [name, []])));
    const handles = [desk.queue, await desk.open(), await desk.open()];
    const worker = { worker: "w", classes: [], leaseMs };
    const claims = await Promise.all(names.map((_, index) => handles[index % 3]!.claim(worker)));
    expect(claims.map((claim) => claim?.build.pkgbase).sort()).toEqual(names.toSorted());
  });
}
