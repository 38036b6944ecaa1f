import { expect, test } from "vitest";
import { mostEvents, noted, parsePast, withMaintainers } from "./package-past.ts";
import { packageStateText, parsePackageState, type PackageState } from "./package-state.ts";

test("what happened is written behind what happened before, and read again", () => {
  let state: PackageState = { maintainers: ["ann", "b-o.b_"] };
  state = noted(state, "held", 5_000_999);
  state = withMaintainers(state, ["carol"], 6_000_000);
  state = noted(state, "accepted", 6_000_000);
  state = withMaintainers(state, [], 7_000_000);
  state = withMaintainers(state, ["dan"], 8_000_000);
  const text = packageStateText("", state);
  expect(text).toContain(
    "SLUICE_PAST=held:5000,left:6000:ann/b-o.b_,accepted:6000,left:7000:carol,left:8000:\n",
  );
  expect(parsePackageState(text).past).toEqual(state.past);
  expect(packageStateText(text, parsePackageState(text))).toBe(text);
});

test.each<[before: string[] | undefined, now: string[] | undefined]>([
  [["ann"], ["ann"]],
  [
    ["ann", "bob"],
    ["bob", "ann"],
  ],
  [undefined, ["ann"]],
  [["ann"], undefined],
])("from %j to %j nobody left", (before, now) => {
  expect(withMaintainers({ maintainers: before }, now, 1000)).toEqual({ maintainers: now });
});

test("only the newest are kept", () => {
  let state: PackageState = {};
  for (let at = 1; at <= 100; at++) state = noted(state, "held", at * 1000);
  expect(state.past).toHaveLength(mostEvents);
  expect(state.past?.at(-1)).toEqual({ what: "held", at: 100 });
});

test.each(["", "held", "held:x", "eaten:1", "held:1:a;b", "left:1:$(x)"])("%j says nothing", (text) => {
  expect(parsePast(text)).toBeUndefined();
});
