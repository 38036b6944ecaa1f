import { expect, test } from "vitest";
import { age } from "./age.ts";

test.each([
  [-5, "0 s"],
  [59_000, "59 s"],
  [119_000, "119 s"],
  [120_000, "2 min"],
  [7_199_000, "119 min"],
  [47 * 3_600_000, "47 h"],
  [48 * 3_600_000, "2 days"],
  [400 * 86_400_000, "400 days"],
])("%i ms ago", (milliseconds, text) => {
  expect(age(milliseconds)).toBe(text);
});
