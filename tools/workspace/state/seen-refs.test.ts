import { expect, test } from "vitest";
import { formatSeenRefs, parseSeenRefs } from "./seen-refs.ts";

const commit = "0123456789".repeat(4);

test("what was seen is read as it was written, whatever order it was seen in", () => {
  const seen = new Map([
    ["minne", new Map([["tags/v1", commit]])],
    [
      "garage",
      new Map([
        ["tags/v2", commit],
        ["heads/main", commit],
      ]),
    ],
  ]);
  const text = formatSeenRefs(seen);
  expect(parseSeenRefs(text)).toEqual(seen);
  expect(text).toBe(formatSeenRefs(new Map([...seen].reverse())));
});

test.each([undefined, "", "[]", "{", '{"projects":[1]}', '{"projects":{"a":1}}'])(
  "of %j no ref was seen",
  (text) => {
    const refs = [...parseSeenRefs(text).values()].flatMap((each) => [...each]);
    expect(refs).toEqual([]);
  },
);

test("what is no commit was not seen", () => {
  const text = JSON.stringify({ projects: { a: { "tags/v1": "x", "tags/v2": commit, "tags/v3": 3 } } });
  expect([...parseSeenRefs(text).get("a")!.keys()]).toEqual(["tags/v2"]);
});
