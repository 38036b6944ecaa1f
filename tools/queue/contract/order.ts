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

  test("what is made for any architecture is waited for where it is built, and blocks and frees others there", async () => {
    const desk = await start();
    const elsewhere = { arch: "x86_64", pkgbases: ["data"] };
    await desk.submit({ data: [] });
    await desk.submit({ app: ["data", "lib"], lib: [] }, { arch: "aarch64", elsewhere });
    expect(await desk.statuses()).toMatchObject({ app: "waiting for data, lib", data: "ready" });
    await desk.finish(await desk.claim("lib", [], ["aarch64"]), "built");
    await desk.finish(await desk.claim("data"), "failed");
    expect(await desk.statuses()).toEqual({ app: "blocked by data because of data failed" });
    const app = { target: "repo", arch: "aarch64", pkgbase: "app" };
    expect(await desk.queue.release(app, ["data"])).toBe(true);
    expect(await desk.statuses()).toEqual({ app: "ready" });
  });

  test("a builder gets builds of its own architectures alone", async () => {
    const desk = await start();
    await desk.submit({ one: [] });
    await desk.submit({ two: [] }, { arch: "aarch64" });
    const ready = { classes: "all", limit: 10, archs: ["aarch64", "riscv64"] } as const;
    expect((await desk.queue.ready(ready)).map(({ pkgbase }) => pkgbase)).toEqual(["two"]);
    expect((await desk.claimAny("all", ["aarch64", "riscv64"]))?.build.pkgbase).toBe("two");
    expect(await desk.claimAny("all", ["aarch64", "riscv64"])).toBeUndefined();
  });

  test("a repository with few builds is served in turn with one that has many", async () => {
    const desk = await start();
    await desk.submit({ a1: [], a2: [], a3: [], a4: [] });
    await desk.submit({ b1: [], b2: [] }, { target: "other" });
    const listed = await desk.queue.ready({ classes: "all", limit: 5 });
    expect(listed.map(({ pkgbase }) => pkgbase)).toEqual(["a1", "b1", "a2", "b2", "a3"]);
    // Each is done before the next begins: then whoever was served longest ago is next.
    expect(await desk.drain()).toEqual(["a1", "b1", "a2", "b2", "a3", "a4"]);
    await desk.submit({ a1: [], a2: [], a3: [] });
    const active = [await desk.claimAny(), await desk.claimAny()];
    await desk.submit({ b1: [], b2: [] }, { target: "other" });
    const next = [await desk.claimAny(), await desk.claimAny(), await desk.claimAny()];
    expect([...active, ...next].map((claim) => claim?.build.pkgbase)).toEqual(["a1", "a2", "b1", "b2", "a3"]);
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
