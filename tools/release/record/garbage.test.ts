import { expect, test } from "vitest";
import { garbageOf } from "./garbage.ts";
import type { ReleaseRecord } from "./record.ts";

function released(name: string, at: number, files: string, channel = "stable"): ReleaseRecord {
  const published = files.split("").map((file) => ({ at: `s3://nix/${file}`, sha256: "0".repeat(64) }));
  return {
    ref: { kind: "tag", name, commit: "1".repeat(40) },
    channel,
    version: null,
    definition: "",
    jobs: {},
    publications: { cache: { at, files: published } },
    finishedAt: at,
  };
}

const garbage = (
  own: readonly ReleaseRecord[],
  keep: number,
  others: readonly ReleaseRecord[] = [],
): unknown =>
  garbageOf(own, others, { publication: "cache", keep, current: own.at(-1)! }).map(({ record, files }) => [
    record.ref.name,
    files.map(({ at }) => at.slice("s3://nix/".length)).join(""),
  ]);

test("what only releases beyond the kept ones need is garbage, and what a kept one shares with them isn't", () => {
  const own = [released("v1", 1, "abc"), released("v2", 2, "bcd"), released("v3", 3, "cef")];
  expect(garbage(own, 1)).toEqual([
    ["v2", "bd"],
    ["v1", "ab"],
  ]);
  expect(garbage(own, 2)).toEqual([["v1", "a"]]);
  expect(garbage(own, 3)).toEqual([]);
});

test("what was published right now is kept, whatever the clock says", () => {
  expect(garbage([released("v1", 2, "ab"), released("v2", 2, "bc"), released("v3", 1, "cd")], 1)).toEqual([
    ["v1", "ab"],
    ["v2", "b"],
  ]);
});

test("each channel keeps its own", () => {
  const own = [released("v1", 1, "ab"), released("main", 2, "bc", "development")];
  expect(garbage(own, 1)).toEqual([]);
});

test("another project's release keeps what it shares", () => {
  const own = [released("v1", 1, "ab"), released("v2", 2, "c")];
  expect(garbage(own, 1, [released("other", 1, "a")])).toEqual([["v1", "b"]]);
});

test("what was dropped before isn't dropped again", () => {
  expect(garbage([released("v1", 1, ""), released("v2", 2, "c")], 1)).toEqual([]);
});
