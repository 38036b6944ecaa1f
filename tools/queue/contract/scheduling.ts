import { expect, test } from "vitest";
import { type Start } from "./desk.ts";

/** What happens to what is scheduled twice, or in circles. */
export function scheduling(start: Start): void {
  test("a queued build merges: the later commit, class and needs win, reasons are joined once", async () => {
    const desk = await start();
    await desk.submit({ app: ["lib"], lib: [] }, { commit: "old", reason: "changed" });
    const [merged] = await desk.submit(
      { app: [] },
      { commit: "new", reason: "trigger daily", class: "heavy" },
    );
    await desk.submit({ app: [] }, { commit: "new", reason: "changed", class: "heavy" });
    expect(merged).toMatchObject({ kind: "merged", pkgbase: "app" });
    const app = await desk.claim("app", ["heavy"]);
    expect(app.build).toMatchObject({
      id: merged?.build,
      commit: "new",
      class: "heavy",
      needs: [],
      reasons: ["changed", "trigger daily"],
    });
  });

  test("requests are taken by whoever is first, with their builds, and remembered for each workspace and repository", async () => {
    const desk = await start();
    const other = await desk.open();
    const build = { pkgbase: "app", class: null, pkgnames: ["app"], needs: [], reason: "asked for" };
    const submission = { ...desk.submission({}), builds: [build], requests: { after: 0, upTo: 7 } };
    expect(await desk.queue.taken(submission)).toBe(0);
    expect(await desk.queue.submit(submission)).toMatchObject([{ kind: "queued", pkgbase: "app" }]);
    expect(await other.submit({ ...submission, requests: { after: 0, upTo: 8 } })).toEqual([]);
    expect(await other.taken(submission)).toBe(7);
    expect(await other.taken({ ...submission, source: "another" })).toBe(0);
    expect(await desk.drain()).toEqual(["app"]);
    await other.submit({ ...submission, builds: [], requests: { after: 7, upTo: 9 } });
    expect(await desk.queue.taken(submission)).toBe(9);
  });

  test("an active build gets exactly one more, which starts after it", async () => {
    const desk = await start();
    await desk.submit({ app: [] }, { commit: "one" });
    const first = await desk.claim("app");
    expect(await desk.submit({ app: [] }, { commit: "two" })).toMatchObject([{ kind: "after-active" }]);
    expect(await desk.submit({ app: [] }, { commit: "three" })).toMatchObject([{ kind: "merged" }]);
    expect(await desk.claimAny()).toBeUndefined();
    expect((await desk.queue.state()).builds.map(({ status }) => status)).toMatchObject([
      { kind: "active" },
      { kind: "waiting", for: ["app"] },
    ]);
    await desk.finish(first, "built");
    const second = await desk.claim("app");
    expect(second.build.commit).toBe("three");
    await desk.finish(second, "built");
    expect(await desk.claimAny()).toBeUndefined();
  });

  test("what needs a package waits for its build after the active one too", async () => {
    const desk = await start();
    await desk.submit({ app: ["lib"], lib: [] });
    const lib = await desk.claim("lib");
    await desk.submit({ lib: [] });
    await desk.finish(lib, "built");
    expect(await desk.statuses()).toEqual({ app: "waiting for lib", lib: "ready" });
  });

  test("a package that names itself or one need twice doesn't wait for itself", async () => {
    const desk = await start();
    await desk.submit({ app: ["app", "lib", "lib"] });
    expect(await desk.drain()).toEqual(["app"]);
  });

  test("the same pkgbase twice in one submission is one build", async () => {
    const desk = await start();
    const build = { pkgbase: "app", class: null, pkgnames: ["app"], needs: [] };
    await desk.queue.submit({
      ...desk.submission({}),
      builds: [
        { ...build, reason: "one" },
        { ...build, reason: "two" },
      ],
    });
    expect((await desk.claim("app")).build.reasons).toEqual(["one", "two"]);
    expect(await desk.claimAny()).toBeUndefined();
  });

  test("cycles don't stop the queue: the oldest submission's need is dropped, and an event says so", async () => {
    const desk = await start();
    await desk.submit({ a: ["b"] });
    await desk.submit({ b: ["c"] });
    await desk.submit({ c: ["a"] });
    expect(await desk.statuses()).toEqual({ a: "ready", b: "waiting for c", c: "waiting for a" });
    expect(await desk.events("cycle-broken")).toMatchObject([
      { pkgbase: "a", need: "b", cycle: ["a", "b", "c"] },
    ]);
    expect(await desk.drain()).toEqual(["a", "c", "b"]);
  });

  test("a cycle within one submission is broken by name", async () => {
    const desk = await start();
    await desk.submit({ y: ["x"], x: ["y"] });
    expect(await desk.drain()).toEqual(["x", "y"]);
  });

  test("a lost build that comes back into a cycle doesn't stop the queue", async () => {
    const desk = await start();
    await desk.submit({ a: ["b"] });
    const a = await desk.claim("a");
    await desk.submit({ b: ["a"] });
    await desk.finish(a, "lost");
    desk.clock.ms += 1000;
    expect(await desk.drain()).toEqual(["a", "b"]);
  });
}
