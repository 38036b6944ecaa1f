import { expect, test } from "vitest";
import { rangeCounts, unmetCondition, validatorsOf } from "./conditions.ts";

const file = validatorsOf({ mtimeMs: Date.parse("2026-06-01T12:00:00.500Z"), size: 255 });
const [before, same, after] = ["2026-06-01T11:00:00Z", "2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z"].map(
  (time) => new Date(time).toUTCString(),
) as [string, string, string];
const other = '"other"';

test.each([
  [{}, undefined],
  [{ "if-none-match": file.etag }, 304],
  [{ "if-none-match": `${other}, W/${file.etag}` }, 304],
  [{ "if-none-match": "*" }, 304],
  [{ "if-none-match": other }, undefined],
  [{ "if-modified-since": same }, 304],
  [{ "if-modified-since": after }, 304],
  [{ "if-modified-since": before }, undefined],
  [{ "if-modified-since": "soon" }, undefined],
  // A tag that differs wins over a date that doesn't, and the other way round.
  [{ "if-none-match": other, "if-modified-since": same }, undefined],
  [{ "if-none-match": file.etag, "if-modified-since": before }, 304],
  [{ "if-match": other }, 412],
  [{ "if-match": "*" }, undefined],
  [{ "if-match": file.etag, "if-unmodified-since": before }, undefined],
  [{ "if-unmodified-since": before }, 412],
  [{ "if-unmodified-since": same, "if-none-match": other }, undefined],
])("with %j the answer is %s", (headers, status) => expect(unmetCondition(headers, file)).toBe(status));

test.each([
  [{}, true],
  [{ "if-range": file.etag }, true],
  [{ "if-range": same }, true],
  [{ "if-range": `W/${file.etag}` }, false],
  [{ "if-range": other }, false],
  [{ "if-range": after }, false],
])("with %j a range counts: %s", (headers, counts) => expect(rangeCounts(headers, file)).toBe(counts));
