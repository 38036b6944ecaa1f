import { describe, expect, test } from "vitest";
import { pick, seededRandom } from "../../../test/world/random.ts";
import { editConfigFile, parseConfigFile } from "./config-file.ts";

describe("reading", () => {
  test.each([
    ["KEY=value", "value"],
    ['KEY="two words"', "two words"],
    ["KEY='$(not run)'", "$(not run)"],
    ["  KEY =  value  ", "value"],
    ["KEY=https://x.org/a.git#branch=b;c", "https://x.org/a.git#branch=b;c"],
    ['KEY="a" b', '"a" b'],
    ["KEY=", ""],
    ['KEY="', '"'],
    ["KEY=a=b", "a=b"],
    ["KEY=true\r", "true"],
  ])("%j holds %j", (line, value) => {
    expect(parseConfigFile(line).entries).toEqual([{ key: "KEY", value, line: 1 }]);
  });

  test("comments and blank lines are nothing, anything else that isn't KEY=value is named with its line", () => {
    const { entries, errors } = parseConfigFile("# a\n\n  # b=c\nfoo bar\nA=1\n=x\n");
    expect(entries).toEqual([{ key: "A", value: "1", line: 5 }]);
    expect(errors.map(({ line }) => line)).toEqual([4, 6]);
  });
});

describe("editing leaves every other byte alone", () => {
  const text = "# mine\r\nUNKNOWN = kept \n\n  A=\"old\"  \nB='x'\nC=1#2;3";
  test.each([
    ["a quoted value", "A", "new", text.replace('"old"', '"new"')],
    ["a value in single quotes", "B", "y", text.replace("'x'", "'y'")],
    ["the last line without a line end", "C", "4", text.replace("1#2;3", "4")],
    ["an unknown key", "UNKNOWN", "v", text.replace("kept", "v")],
    ["a new key, with the file's line end", "D", "1", `${text}\nD=1\r\n`],
    ["taking a key out", "B", undefined, text.replace("B='x'\n", "")],
    ["taking out what isn't there", "Z", undefined, text],
  ])("%s", (_, key, value, expected) => {
    expect(editConfigFile(text, key, value)).toBe(expected);
  });

  test("of a key that is given twice the one that counts is changed", () => {
    expect(editConfigFile("A=1\nA=2\n", "A", "3")).toBe("A=1\nA=3\n");
    expect(editConfigFile("A=1\nA=2\n", "A", undefined)).toBe("");
  });

  test.each(["1:2.0-3/4", ' "q" ', '"', "'a'", "", "x #y"])("what was written is read back: %j", (value) => {
    const [entry] = parseConfigFile(editConfigFile("", "A", value)).entries;
    expect(entry!.value).toBe(value);
  });

  test("a value never becomes a second line", () => {
    expect(() => editConfigFile("", "A", "x\nB=1")).toThrow(RangeError);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever a file holds, setting a key changes its line alone (%i)",
  (seed) => {
    const random = seededRandom(seed);
    const lines = [
      "# note",
      "",
      "A=1",
      "  B = 'x'  ",
      'C="a b"\r',
      "not an entry",
      "D=#1;2\r",
      "B=again",
      "\tA =",
      "#A=9",
    ];
    for (let round = 0; round < 50; round++) {
      const text = Array.from({ length: Math.floor(random() * 8) }, () => pick(lines, random)).join("\n");
      const key = pick(["A", "B", "C", "D", "NEW"], random);
      const value = pick(["", "v", " v ", '"q"', "a#b;c=d", "$(x)"], random);
      const edited = editConfigFile(text, key, value);

      const read = parseConfigFile(edited).entries.filter((entry) => entry.key === key);
      expect(read.at(-1)?.value).toBe(value);
      const before = text.split("\n");
      const own = before.findLastIndex((line) => parseConfigFile(line).entries[0]?.key === key);
      const others = edited.split("\n").filter((_, at) => at !== own);
      const kept = own === -1 ? edited.slice(0, text.length) : others.join("\n");
      expect(kept).toBe(own === -1 ? text : before.filter((_, at) => at !== own).join("\n"));
    }
  },
);
