import { expect, test } from "vitest";
import { readTagFile } from "./tag-file.ts";

const commit = "1".repeat(40);

test("the tags of each repository are those of its lines", async () => {
  const tagsOf = readTagFile(
    `{"url":"https://example.org/foo.git","tag":"v1.0","commit":"${commit}"}\n\n` +
      `{"url":"https://example.org/foo","tag":"v1.1","commit":"${"2".repeat(40)}"}\n`,
    "tags.jsonl",
  );
  const expected = new Map([
    ["v1.0", commit],
    ["v1.1", "2".repeat(40)],
  ]);
  expect(await tagsOf("https://example.org/foo")).toEqual(expected);
  expect(await tagsOf("https://example.org/foo.git")).toEqual(expected);
  expect(await tagsOf("https://example.org/bar")).toBeUndefined();
});

test.each([
  "{}",
  "refs/tags/v1.0",
  `{"url":"https://example.org/foo","tag":"v1.0","commit":"1111"}`,
  `{"url":"","tag":"v1.0","commit":"${commit}"}`,
  `{"url":"https://example.org/foo","tag":"v1.0","commit":"${commit}","sha":"x"}`,
])("%s is named as no tag's line", (line) => {
  expect(() => readTagFile(`\n${line}\n`, "tags.jsonl")).toThrow("tags.jsonl:2 isn't a tag's line");
});
