import { expect, test } from "vitest";
import { formatChecks, nextChecks, parseChecks, type WantedCheck } from "./checks.ts";

const commit = "1".repeat(40);
const day = 24 * 3600_000;
const check = (name: string, at = 0): WantedCheck => ({
  channel: "checks",
  ref: { kind: "branch", name, commit },
  since: null,
  at,
});

const names = (checks: readonly WantedCheck[]): string[] => checks.map(({ ref }) => ref.name);

test("what is to be checked is read as it was written", () => {
  const projects = new Map([["app", [check("main"), { ...check("next"), since: commit }]]]);
  expect(parseChecks(formatChecks(projects))).toEqual(projects);
});

test.each([undefined, "", "{", "[]", '{"version":1,"projects":{"app":[{"ref":{"kind":"tag"}}]}}'])(
  "%s asks for nothing",
  (text) => expect(parseChecks(text)).toEqual(new Map()),
);

test("what is new comes behind what was known, which goes after two weeks, and of too much the newest stays", () => {
  const fresh = { kind: "check", channel: "checks", ref: check("new").ref, since: null } as const;
  const before = [check("old"), check("known", 10 * day)];
  expect(names(nextChecks(before, [fresh], 15 * day))).toEqual(["known", "new"]);
  const many = Array.from({ length: 300 }, (_, index) => check(String(index)));
  expect(names(nextChecks(many, [fresh], 0)).slice(-2)).toEqual(["299", "new"]);
  expect(nextChecks(many, [fresh], 0)).toHaveLength(200);
});
