import { expect, test } from "vitest";
import { readLilacYaml } from "./lilac-yaml.ts";

const levels = [..."abcdefghi"];
const bomb = levels.map((name, at) => {
  const of = at === 0 ? "x" : `*${levels[at - 1]}`;
  return `${name}: &${name} [${Array(10).fill(of).join(",")}]`;
});

test.each([
  ["aliases of aliases", bomb.join("\n")],
  ["lists in lists", "[".repeat(5000)],
  ["thousands of entries", `update_on:\n${"- alias: python\n".repeat(2_000)}`],
  ["a megabyte", "#".repeat(2 ** 20 + 1)],
])("%s are refused, and the file is named by who reads it", (_what, text) => {
  expect(() => readLilacYaml(text)).toThrow(expect.objectContaining({ code: "lilac-yaml" }));
});

test("of a key that is there twice the last counts, as lilac reads it", () => {
  expect(readLilacYaml("managed: true\nmanaged: false\n").managed).toBe(false);
});
