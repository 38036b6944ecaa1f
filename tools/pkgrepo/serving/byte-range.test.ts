import { expect, test } from "vitest";
import { parseRange } from "./byte-range.ts";

test.each([
  [undefined, 100, undefined],
  ["bytes=0-9", 100, { start: 0, end: 9 }],
  ["bytes=90-", 100, { start: 90, end: 99 }],
  ["bytes=90-500", 100, { start: 90, end: 99 }],
  ["bytes=-10", 100, { start: 90, end: 99 }],
  ["bytes=-500", 100, { start: 0, end: 99 }],
  ["bytes=100-", 100, "unsatisfiable"],
  ["bytes=-0", 100, "unsatisfiable"],
  ["bytes=0-", 0, "unsatisfiable"],
  ["bytes=9-5", 100, undefined],
  ["bytes=0-1,5-6", 100, undefined],
  ["bytes=-", 100, undefined],
  ["lines=0-9", 100, undefined],
])("Range %s of %i bytes", (header, size, range) => {
  expect(parseRange(header, size)).toEqual(range);
});
