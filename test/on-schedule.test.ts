import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../tools/errors.ts";
import { ScheduleDays, recipe } from "./world/schedule-days.ts";

let days: ScheduleDays;
beforeEach(() => {
  days = new ScheduleDays();
});
afterEach(() => days.world.remove());

describe("a run", () => {
  test("commits a new version, says so in state, schedules it and moves the tag, in one push", async () => {
    days.follow("foo");
    days.follow("bar");
    days.world.publishScheduled();
    await days.run();
    days.offer("foo", 2, recipe("foo", "2"));

    const { lines, outcome } = await days.run();

    expect(lines).toEqual(["updated foo: 1-1 → 2-1", "build foo: upstream update to 2"]);
    expect(days.atOrigin("packages/foo/PKGBUILD")).toContain("pkgver=2");
    expect(days.atOrigin("packages/foo/.CI/config")).toBe("CI_PKGBUILD_SOURCE=aur");
    expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=2");
    expect(days.world.atOrigin("log", "-1", "--format=%an <%ae>%n%s", "main")).toBe(
      "Sluice <sluice@example.org>\nchore(update): foo",
    );
    expect(days.world.scheduled()).toBe(outcome.head);
    expect(days.schedule()).toMatchObject({ commit: outcome.head, builds: [{ pkgbase: "foo" }] });
  });

  test("that is repeated at once changes nothing and schedules nothing", async () => {
    days.follow("foo");
    days.world.publishScheduled();
    days.offer("foo", 2, recipe("foo", "2"));
    await days.run();
    const refs = days.refs();

    const { lines } = await days.run();

    expect(lines).toEqual([]);
    expect(days.refs()).toBe(refs);
    expect(days.scheduled()).toEqual([]);
  });
});
