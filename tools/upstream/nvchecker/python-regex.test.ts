import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { type PythonRegex, regexOption } from "./python-regex.ts";

function regex(pattern: string): PythonRegex {
  const options = new Map([["regex", pattern]]);
  const compiled = regexOption({ name: "foo", kind: "regex", path: ".nvchecker.toml", options }, "regex");
  if (compiled === undefined) throw new Error("no pattern");
  return compiled;
}

describe("a Python regular expression", () => {
  test.each([
    [String.raw`foo-([\d.]+)\.tar`, "foo-1.0.tar foo-1.1.tar", ["1.0", "1.1"]],
    [String.raw`\d+\.\d+`, "1.0, 2.0", ["1.0", "2.0"]],
    [
      String.raw`(?s)Package: foo\n.*?Version: ([0-9.]+)-`,
      "Package: foo\nArch: x\nVersion: 3.1-2\n",
      ["3.1"],
    ],
    [String.raw`da-((?:\d|\.)+)\.oxt`, "da-2.8.oxt", ["2.8"]],
    [".+", "2.1.3\n", ["2.1.3"]],
    [String.raw`^v(.*)$`, "v2.1.3\n", ["2.1.3"]],
    [String.raw`\Av(.*)\Z`, "v2.1.3", ["2.1.3"]],
    [String.raw`(?P<ver>\d+)x`, "12x", ["12"]],
    [String.raw`(?<=foo-)\d+`, "foo-12 bar-13", ["12"]],
    ["a|(b)", "ab", ["", "b"]],
  ])("%s finds what Python's findall finds", (pattern, text, found) => {
    expect(regex(pattern).findAll(text)).toEqual(found);
  });

  test.each([
    ["v[0-9.]+", "v1.0", true],
    ["v[0-9.]+", "v1.0-rc1", false],
    ["a|ab", "ab", true],
    [".*(alpha|beta|rc).*", "2.0-rc1", true],
    ["[A-za-z].*", "_x", true],
  ])("%s has to match the whole of %s", (pattern, text, matches) => {
    expect(regex(pattern).matchesWhole(text)).toBe(matches);
  });

  test.each([
    ["-", ".", "1-2-3", "1.2.3"],
    [String.raw`(\d)(\d\d)(\d)`, String.raw`\1.\2.\3`, "3180", "3.18.0"],
    [String.raw`(?P<ver>\d+\.\d+)_.*`, String.raw`\g<ver>`, "4.5_extra", "4.5"],
    [String.raw`^x-([\d.]+)-(\d+)$`, String.raw`\g<1>+\2`, "x-1.2-7", "1.2+7"],
    [String.raw`\.arch[0-9.-]+$`, "", "6.9.arch1-1", "6.9"],
    ["x*", "-", "abxd", "-a-b--d-"],
    ["(a)|b", String.raw`[\1]`, "ab", "[a][]"],
    ["_", String.raw`\\`, "1_0", String.raw`1\0`],
  ])("%s is replaced by %s everywhere, as by Python's sub", (pattern, template, text, result) => {
    expect(regex(pattern).replaceAll(text, template)).toBe(result);
  });

  test.each([
    [String.raw`\d+(?=\.tar)`, "(?="],
    [String.raw`(a)\1`, String.raw`\1`],
    ["(", "missing closing )"],
  ])("%s is reported as beyond RE2, never matched in another way", (pattern, named) => {
    expect(() => regex(pattern)).toThrow(SluiceError);
    expect(() => regex(pattern)).toThrow(named);
  });

  test.each([
    String.raw`\2`,
    String.raw`\g<name>`,
    String.raw`\g<constructor>`,
    String.raw`\0`,
    String.raw`\q`,
  ])("a replacement with %s, which is no group, is an error", (template) => {
    expect(() => regex("(a)").replaceAll("a", template)).toThrow("no group");
  });

  test("an expression that would take others exponential time takes no time here", () => {
    expect(regex("(a+)+$").matchesWhole(`${"a".repeat(50_000)}b`)).toBe(false);
  });

  test("an expression that matches everywhere on a huge page is given up", () => {
    expect(() => regex("a").findAll("a".repeat(200_000))).toThrow("more than 100000 times");
  });
});
