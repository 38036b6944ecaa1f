import { expect, test } from "vitest";
import { duration, moment } from "./time.ts";

test.each([
  [-5, "0.0 s"],
  [1234, "1.2 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min"],
  [65_200, "1 min 5 s"],
  [3_599_600, "1 h"],
  [7_440_000, "2 h 4 min"],
  [47 * 3_600_000, "47 h"],
  [75 * 3_600_000, "3 days"],
])("%d milliseconds are %s", (milliseconds, said) => {
  expect(duration(milliseconds)).toBe(said);
});

const noon = new Date(2026, 5, 1, 12, 0).getTime();

test.each([
  [noon - 300_000, "11:55 (5 min ago)"],
  [noon - 4_400, "11:59 (4 s ago)"],
  [noon + 16_000, "12:00 (in 16 s)"],
  [noon - 4 * 86_400_000, "2026-05-28 12:00 (4 days ago)"],
])("a moment is told by the clock on the wall, and how far it is from now: %#", (time, said) => {
  expect(moment(time, noon)).toBe(said);
});
