import { expect, test } from "vitest";
import { formatEvidence, parseEvidence, withSection, type KeptEvidence } from "./evidence.ts";
import { emptyState, stateChanges, type State } from "./state.ts";

const packages = { title: "Packages", first: ["a"], lines: ["a", "b"] };
const source = { title: "Source", first: [], lines: ["c"] };
const kept: KeptEvidence = {
  digest: "1".repeat(64),
  built: "2".repeat(40),
  result: "built",
  sections: [packages],
};

test("evidence comes back as it was kept", () => {
  expect(parseEvidence(formatEvidence(kept))).toEqual(kept);
  expect(parseEvidence(formatEvidence({ ...kept, result: "unfinished" }))).toMatchObject({
    result: "unfinished",
  });
});

test.each([
  "",
  "[]",
  '{"version":2,"digest":"1","sections":[]}',
  '{"version":1,"digest":"1","sections":[{"title":"<b>","first":[],"lines":[]}]}',
  '{"version":1,"digest":"1","sections":[{"title":"A","first":["a\\nb"],"lines":[]}]}',
  `{"version":1,"digest":"1","sections":[{"title":"A","first":[],"lines":["${"x".repeat(3000)}"]}]}`,
])("what can't be understood is found out again: %s", (text) => {
  expect(parseEvidence(text)).toBeUndefined();
});

test("a section replaces the one of its title, and evidence of another update", () => {
  const both = withSection(kept, kept.digest, source);
  expect(both).toEqual({ ...kept, sections: [packages, source] });
  const newer = { ...packages, first: ["b"] };
  expect(withSection(both, kept.digest, newer, { built: "3", result: "failed" })).toEqual({
    digest: kept.digest,
    built: "3",
    result: "failed",
    sections: [newer, source],
  });
  expect(withSection(kept, "4", source)).toEqual({ digest: "4", sections: [source] });
});

test("evidence is written once, and goes with the update that it is about", () => {
  const held: State = {
    ...emptyState,
    packages: new Map([["foo", { held: kept.digest }]]),
    evidence: new Map([["foo", kept]]),
  };
  const branch = { commit: undefined, state: emptyState, files: new Map<string, string>() };
  expect([...stateChanges(branch, held).keys()]).toEqual(["foo", ".evidence/foo.json"]);
  const files = new Map([[".evidence/foo.json", formatEvidence(kept)]]);
  const after = { commit: undefined, state: held, files };
  expect([...stateChanges(after, held).keys()]).toEqual([]);
  const accepted = { ...held, packages: new Map([["foo", {}]]) };
  expect([...stateChanges(after, accepted)].filter(([path]) => path.startsWith("."))).toEqual([
    [".evidence/foo.json", undefined],
  ]);
});
