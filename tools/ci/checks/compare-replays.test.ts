import { expect, test } from "vitest";
import { type Earlier, keyOf, readEarlier, ReplayComparison } from "./compare-replays.ts";
import type { Replayed } from "./replay.ts";

function replayed(pkgbase: string, verdict: Replayed["verdict"], ...rules: string[]): Replayed {
  const findings = rules.map((rule) => ({ rule, severity: "review", message: `of ${rule}` }) as const);
  return { commit: "c".repeat(40), pkgbase, verdict, findings, needs: [], ms: 1 };
}

function compared(before: readonly Earlier[], after: readonly Replayed[]): ReplayComparison {
  const comparison = new ReplayComparison(new Map(before.map((one) => [keyOf(one), one])));
  for (const one of after) comparison.add(one);
  return comparison;
}

test("what rules of today judge otherwise is told by verdict and rule, with samples", () => {
  const comparison = compared(
    [
      replayed("foo", "major", "file-added"),
      replayed("bar", "major", "file-added", "not-plain"),
      replayed("baz", "minor"),
      replayed("qux", "minor"),
    ],
    [
      replayed("foo", "minor"),
      replayed("bar", "minor"),
      replayed("baz", "major", "version-form"),
      replayed("qux", "minor"),
    ],
  );
  expect(comparison.result()).toEqual({
    same: { minor: 1 },
    changes: [
      {
        before: "major",
        after: "minor",
        count: 2,
        rules: [
          {
            rule: "file-added",
            count: 2,
            samples: ["cccccccccc foo: of file-added", "cccccccccc bar: of file-added"],
          },
          { rule: "not-plain", count: 1, samples: ["cccccccccc bar: of not-plain"] },
        ],
      },
      {
        before: "minor",
        after: "major",
        count: 1,
        rules: [{ rule: "version-form", count: 1, samples: ["cccccccccc baz: of version-form"] }],
      },
    ],
    onlyNow: 0,
    onlyBefore: 0,
  });
});

test("no more than three samples of each rule are shown", () => {
  const names = ["a", "b", "c", "d", "e"];
  const [change] = compared(
    names.map((name) => replayed(name, "major", "file-added")),
    names.map((name) => replayed(name, "minor")),
  ).result().changes;
  expect(change?.rules.map(({ count, samples }) => [count, samples.length])).toEqual([[5, 3]]);
});

test("updates that only one of the runs looked at are counted apart", () => {
  const comparison = compared(
    [replayed("old", "minor"), replayed("both", "minor")],
    [replayed("new", "major")],
  );
  comparison.add(replayed("both", "minor"));
  expect(comparison.result()).toEqual({ same: { minor: 1 }, changes: [], onlyNow: 1, onlyBefore: 1 });
});

test("a file of another kind is named, with the line", () => {
  expect(() => readEarlier('{"verdict":"minor"}', "old.jsonl", 7)).toThrow(
    "old.jsonl:7 isn't a line of sluice replay --json",
  );
});
