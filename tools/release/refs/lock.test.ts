import { expect, test } from "vitest";
import { formatLock, readLock, type Lock } from "./lock.ts";

const commit = "0123456789".repeat(4);

test.each<[string, Lock]>([
  ["a tag", { ref: { kind: "tag", name: "v1.2.0", commit }, reason: "new tag" }],
  [
    "a branch",
    { ref: { kind: "branch", name: "release/29.x", commit }, reason: 'trigger "weekly"\n\u007f\\' },
  ],
  ["a review", { ref: { kind: "review", name: "17", commit }, reason: "é" }],
])("a lock of %s is read as it was written", (_, lock) => {
  expect(readLock("releases/app/stable.lock", formatLock(lock))).toEqual({ lock, problems: [] });
});

test("a lock shows what, which commit and why", () => {
  expect(formatLock({ ref: { kind: "tag", name: "v1.2.0", commit }, reason: "new tag" })).toBe(
    `ref = "refs/tags/v1.2.0"\ncommit = "${commit}"\nreason = "new tag"\n`,
  );
});

test.each([
  ["", ["ref: is missing", "commit: is missing", "reason: is missing"]],
  [
    'ref = "v1"\ncommit = 1\nreason = "x"\n',
    [
      "1: ref: is no refs/tags/…, refs/heads/… or refs/reviews/…",
      "2: commit: has to be text, in quotation marks",
    ],
  ],
  [
    `ref = "refs/tags/$(id)"\ncommit = "${commit}"\nreason = "x"\n`,
    [expect.stringContaining("1: ref: the tag")],
  ],
  ['ref = "refs/tags/v1"\ncommit = "abc"\nreason = "x"\n', ["1: ref: tag v1 has no commit"]],
])("a lock that isn't one releases nothing: %j", (text, expected) => {
  const { lock, problems } = readLock("releases/app/stable.lock", text);
  expect(lock).toBeUndefined();
  expect(problems.map(({ line, message }) => [line, message].filter(Boolean).join(": "))).toEqual(expected);
});
