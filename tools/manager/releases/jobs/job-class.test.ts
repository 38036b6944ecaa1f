import { expect, test } from "vitest";
import { nativeArchitectures } from "../../../system/architecture.ts";
import { classesHere, whyNotHere } from "./job-class.ts";

test.each<[Parameters<typeof whyNotHere>[0]["on"], boolean]>([
  [null, true],
  [{ class: "x86_64" }, true],
  [{ class: "aarch64" }, false],
  [{ class: "macos" }, false],
])("whether a job of %j is run on a machine of class x86_64: %s", (on, isHere) => {
  expect(whyNotHere({ on }, ["x86_64"]) === undefined).toBe(isHere);
});

test("a job that isn't run here says who would run it", () => {
  expect(whyNotHere({ on: { class: "macos" } }, ["x86_64"])).toBe(
    "it needs a builder of class macos: `sluice up` gives it to one, with REDIS_HOST",
  );
});

test("a machine takes what its architecture or a number names", () => {
  expect(classesHere()).toEqual(expect.arrayContaining([nativeArchitectures()[0], "0", "2"]));
  expect(classesHere()).not.toContain("macos");
});
