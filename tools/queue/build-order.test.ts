import { expect, test } from "vitest";
import { buildOrder } from "./build-order.ts";

/** `pkgbase@submission`, in the order of their numbers, and what each needs. */
function order(graph: Readonly<Record<string, readonly string[]>>): { order: string[]; dropped: string[] } {
  const names = Object.keys(graph).map((name) => name.split("@")[0]!);
  const builds = Object.entries(graph).map(([name, needs], index) => {
    const [pkgbase = "", submission = "1"] = name.split("@");
    return [
      index,
      { pkgbase, submission: Number(submission), needs: needs.map((need) => names.indexOf(need)) },
    ] as const;
  });
  const result = buildOrder(new Map(builds));
  return {
    order: result.order.map((index) => names[index]!),
    dropped: result.dropped.map(({ cycle }) => cycle.map((index) => names[index]).join(" > ")),
  };
}

test.each([
  ["nothing", {}, [], []],
  ["a chain", { app: ["lib"], lib: ["base"], base: [] }, ["base", "lib", "app"], []],
  ["a diamond", { top: ["l", "r"], l: ["b"], r: ["b"], b: [] }, ["b", "l", "r", "top"], []],
  ["needs from elsewhere", { app: ["gone"] }, ["app"], []],
  ["a cycle of one submission, broken by name", { y: ["x"], x: ["y"] }, ["x", "y"], ["x > y"]],
  ["a cycle whose oldest need is dropped", { "a@2": ["b"], "b@1": ["a"] }, ["b", "a"], ["b > a"]],
  [
    "what hangs on a cycle",
    { z: ["a"], "a@2": ["b"], "b@1": ["c"], "c@3": ["a"] },
    ["b", "a", "z", "c"],
    ["b > c > a"],
  ],
  ["two cycles", { a: ["b"], b: ["a"], c: ["d"], d: ["c"] }, ["a", "b", "c", "d"], ["a > b", "c > d"]],
  ["cycles that share a member", { a: ["b", "c"], b: ["a"], c: ["a"] }, ["a", "b", "c"], ["a > b", "a > c"]],
  ["a build that needs itself", { a: ["a"] }, ["a"], ["a"]],
])("%s", (_, graph, expected, dropped) => {
  expect(order(graph)).toEqual({ order: expected, dropped });
});

test("100,000 builds in cycles of two are ordered in linear time", () => {
  const builds = Array.from({ length: 100_000 }, (_, index) => {
    const partner = index % 2 === 0 ? index + 1 : index - 1;
    return [index, { pkgbase: `p${index}`, submission: 1, needs: [partner] }] as const;
  });
  expect(buildOrder(new Map(builds))).toMatchObject({
    order: { length: 100_000 },
    dropped: { length: 50_000 },
  });
});
