import { expect, test } from "vitest";
import { buildClassOf } from "./build-class.ts";

test.each([
  ["heavy", "3", "heavy"],
  ["", "3", "3"],
  ["0", "3", "0"],
  ["", "", null],
])("BUILDER_CLASS=%s where CI_DEFAULT_CLASS=%s: %s", (own, usual, buildClass) => {
  expect(buildClassOf({ config: { BUILDER_CLASS: own } }, { CI_DEFAULT_CLASS: usual })).toBe(buildClass);
});
