import { expect, test } from "vitest";
import type { Outcome } from "../outcome.ts";
import { type Start, arch, target } from "./desk.ts";

/** What happens to builds when something that they need fails. */
export function failures(start: Start): void {
  test.each<Outcome>(["failed", "timed-out", "cancelled"])(
    "whatever needs a %s build is blocked, names what blocks it, and is released by its success",
    async (outcome) => {
      const desk = await start();
      await desk.submit({ app: ["lib"], lib: ["base"], base: [], other: [] });
      await desk.finish(await desk.claim("base"), outcome);
      const blocked = {
        lib: `blocked by base because of base ${outcome}`,
        app: `blocked by lib because of base ${outcome}`,
      };
      expect(await desk.statuses()).toEqual({ ...blocked, other: "ready" });
      expect(await desk.events("blocked")).toMatchObject([
        { pkgbase: "lib", by: "base", cause: { pkgbase: "base", outcome } },
        { pkgbase: "app", by: "lib", cause: { pkgbase: "base", outcome } },
      ]);

      await desk.submit({ base: [] });
      expect(await desk.statuses()).toMatchObject({ lib: "waiting for base", app: "waiting for lib" });
      await desk.finish(await desk.claim("base"), outcome);
      expect(await desk.statuses()).toMatchObject(blocked);

      await desk.submit({ base: [] });
      expect(await desk.drain()).toEqual(expect.arrayContaining(["base", "lib", "app"]));
    },
  );

  test("a failure is remembered: what needs it and is submitted later is blocked too", async () => {
    const desk = await start();
    await desk.submit({ lib: [] });
    await desk.finish(await desk.claim("lib"), "failed");
    await desk.submit({ app: ["lib"], top: ["app"] });
    const blocked = {
      app: "blocked by lib because of lib failed",
      top: "blocked by app because of lib failed",
    };
    expect(await desk.statuses()).toEqual(blocked);
    await desk.submit({ app: ["lib"] });
    expect(await desk.statuses()).toEqual(blocked);
    expect(await desk.queue.packages()).toMatchObject([
      { pkgbase: "lib", outcome: "failed", blocking: true },
    ]);
    await desk.submit({ lib: [] });
    expect(await desk.drain()).toEqual(["lib", "app", "top"]);
  });

  test("a blocked build that no longer needs what failed goes on, and with it whatever needs it", async () => {
    const desk = await start();
    await desk.submit({ lib: [], app: ["lib"], top: ["app"] });
    await desk.finish(await desk.claim("lib"), "failed");
    await desk.submit({ app: [] });
    expect(await desk.drain()).toEqual(["app", "top"]);
  });

  test("with two failures the release of one isn't enough", async () => {
    const desk = await start();
    await desk.submit({ one: [], two: [], app: ["one", "two"] });
    await desk.finish(await desk.claim("one"), "failed");
    await desk.finish(await desk.claim("two"), "timed-out");
    expect(await desk.statuses()).toEqual({
      app: "blocked by one, two because of one failed, two timed-out",
    });
    await desk.submit({ one: [] });
    await desk.finish(await desk.claim("one"), "built");
    expect(await desk.statuses()).toEqual({ app: "blocked by two because of two timed-out" });
    await desk.submit({ two: [] });
    expect(await desk.drain()).toEqual(["two", "app"]);
  });

  test("onDependencyFailure=build builds against what is published, after the attempt has ended", async () => {
    const desk = await start();
    await desk.submit({ lib: [], app: ["lib"] }, { onDependencyFailure: "build" });
    const lib = await desk.claim("lib");
    expect(await desk.claimAny()).toBeUndefined();
    await desk.finish(lib, "failed");
    expect(await desk.drain()).toEqual(["app"]);
  });

  test("a need that the published repository satisfies can be set aside, for this build alone", async () => {
    const desk = await start();
    await desk.submit({ lib: [], app: ["lib"], top: ["app"], other: ["lib"] });
    await desk.finish(await desk.claim("lib"), "failed");
    expect(await desk.queue.release({ target, arch, pkgbase: "app" }, ["lib", "unheard-of"])).toBe(true);
    expect(await desk.statuses()).toEqual({
      app: "ready",
      top: "waiting for app",
      other: "blocked by lib because of lib failed",
    });
    await desk.submit({ app: ["lib"] });
    expect(await desk.statuses()).toMatchObject({ app: "blocked by lib because of lib failed" });
    expect(await desk.queue.release({ target, arch, pkgbase: "lib" }, ["app"])).toBe(false);
  });

  test("an active build is not stopped by a failure of what it needs", async () => {
    const desk = await start();
    await desk.submit({ app: ["lib"] });
    const app = await desk.claim("app");
    await desk.submit({ lib: [] });
    await desk.finish(await desk.claim("lib"), "failed");
    expect(await desk.statuses()).toEqual({ app: "active" });
    await desk.finish(app, "built");
    expect(await desk.statuses()).toEqual({});
  });
}
