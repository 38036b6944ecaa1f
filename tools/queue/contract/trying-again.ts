import { expect, test } from "vitest";
import type { Result } from "../queue.ts";
import { type Desk, type Start } from "./desk.ts";

/** Failures that aren't the recipe's own. */
export function tryingAgain(start: Start): void {
  test("after a download that failed a build is tried twice more, later each time, then it has failed", async () => {
    const desk = await start();
    await desk.submit({ app: [], user: ["app"] });
    for (const pause of [5000, 30_000]) {
      await fail(desk, [], "download");
      expect(await desk.statuses()).toEqual({ app: `delayed ${pause}`, user: "waiting for app" });
      desk.clock.ms += pause;
    }
    await fail(desk, [], "download");
    expect(await desk.statuses()).toEqual({ user: "blocked by app because of app failed" });
  });

  test("out of memory it is tried once at once in the class that is named", async () => {
    const desk = await start();
    await desk.submit({ app: [] }, { class: "1" });
    await fail(desk, ["1"], { class: "3" });
    expect(await desk.claimAny(["1", "2"])).toBeUndefined();
    expect(await desk.events("retry")).toMatchObject([{ pkgbase: "app", message: "why", losses: 0 }]);
    await fail(desk, ["3"], { class: "4" });
    expect(await desk.statuses()).toEqual({});
    expect(await desk.queue.history({ limit: 1 })).toMatchObject([{ outcome: "failed", class: "3" }]);
  });

  test("a recipe's own failure is tried again by nobody", async () => {
    const desk = await start();
    await desk.submit({ app: [] });
    await fail(desk, []);
    expect(await desk.statuses()).toEqual({});
  });

  test("who schedules a build again gives it all its tries again, and its own class", async () => {
    const desk = await start();
    await desk.submit({ app: [] }, { class: "1" });
    await fail(desk, ["1"], { class: "3" });
    await desk.submit({ app: [] }, { class: "1" });
    await fail(desk, ["1"], { class: "3" });
    expect(await desk.statuses()).toEqual({ app: "ready" });
  });
}

async function fail(desk: Desk, classes: readonly string[], retry?: Result["retry"]): Promise<void> {
  const claim = await desk.claim("app", classes);
  await desk.queue.finish(claim, { outcome: "failed", message: "why", ...(retry && { retry }) });
}
