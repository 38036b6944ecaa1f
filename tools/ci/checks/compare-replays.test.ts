import { expect, test } from "vitest";
import { readEarlier, ReplayComparison } from "./compare-replays.ts";
import type { Replayed } from "./replay.ts";

function replayed(pkgbase: string, verdict: Replayed["verdict"], ...rules: string[]): Replayed {
  const findings = rules.map((rule) => ({ rule, severity: "review", message: `of ${rule}` }) as const);
  return { commit: "c".repeat(40), pkgbase, verdict, findings, ms: 1 };
}

test("what rules of today judge otherwise is told by verdict and rule, with samples", () => {
  const comparison = new ReplayComparison();
  comparison.add(replayed("foo", "major", "file-added"), replayed("foo", "minor"));
  comparison.add(replayed("bar", "major", "file-added", "not-plain"), replayed("bar", "minor"));
  comparison.add(replayed("baz", "minor"), replayed("baz", "major", "version-form"));
  comparison.add(replayed("qux", "minor"), replayed("qux", "minor"));
  expect(Object.fromEntries(comparison.verdicts)).toEqual({
    "major → minor": 2,
    "minor → major": 1,
    minor: 1,
  });
  expect(comparison.reasons.get("major → minor")?.get("file-added")).toEqual({
    count: 2,
    samples: ["cccccccccc foo: of file-added", "cccccccccc bar: of file-added"],
  });
  expect([...comparison.reasons.get("minor → major")!.keys()]).toEqual(["version-form"]);
});

test("a file of another kind is named, with the line", () => {
  expect(() => readEarlier('{"verdict":"minor"}', "old.jsonl", 7)).toThrow(
    "old.jsonl:7 isn't a line of sluice replay --json",
  );
});
