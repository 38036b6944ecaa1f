import { expect, test } from "vitest";
import { parseVersions, versionLines } from "./versions.ts";

test("the .version-state of chaotic-aur's pipelines is read, epochs included, and written as it was", () => {
  const lines = ["0ad-data:0.28.0-1", "0ad:0.28.0-3", "acorn:1:8.18.0-1", "gtk+:1.2-1.1"];
  const versions = parseVersions(lines);
  expect(versions.get("acorn")).toBe("1:8.18.0-1");
  expect(versionLines(versions)).toEqual(lines);
});

test.each([
  ["of two versions of one package the newer counts", ["a:1:1-1", "a:9-1"], [["a", "1:1-1"]]],
  ["an empty line", ["", "a:1-1"], [["a", "1-1"]]],
  ["a line without a version", ["a", "b:", ":1-1"], []],
  ["a name that is an option", ["--upload-pack=x:1-1"], []],
  ["a version that would be a comment or a second setting", ["a:1-1 #x", "b:1/2-1", "c:$(x)-1", "d:1-x"], []],
  [
    "a name of every object",
    ["__proto__:1-1", "constructor:2-1"],
    [
      ["__proto__", "1-1"],
      ["constructor", "2-1"],
    ],
  ],
] as const)("%s", (_, lines, versions) => {
  expect([...parseVersions(lines)]).toEqual(versions);
});
