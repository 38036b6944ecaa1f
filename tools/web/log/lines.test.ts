import { describe, expect, test } from "vitest";
import { lineReader, readLine } from "./lines.ts";

test.each([
  ["plain", [["plain", ""]]],
  [
    "\u001b[31mred\u001b[0m, \u001b[1;32mgreen\u001b[m",
    [
      ["red", "red"],
      [", ", ""],
      ["green", "green"],
    ],
  ],
  ["\u001b[38;5;196mmany\u001b[48;2;1;2;3mcolours", [["manycolours", ""]]],
  ["\u001b[2J\u001b[1;1Hgone\u001b[?25l", [["gone", ""]]],
  ["a\u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007b", [["alinkb", ""]]],
  ["a\u001b]0;title\u001b\\b", [["ab", ""]]],
  ["a\u001bPdevice\u001b\\b", [["ab", ""]]],
  ["unfinished \u001b]0;title", [["unfinished ", ""]]],
  ["unfinished \u001b[", [["unfinished ", ""]]],
  ["unfinished \u001b", [["unfinished ", ""]]],
  ["10%\r50%\r100%\r", [["100%", ""]]],
  ["a\u0000b\u0007c\u009bd", [["abcd", ""]]],
  ["safe \u202e(txt.exe)\u2066x\u200b", [["safe (txt.exe)x", ""]]],
  ["<img src=x onerror=alert(1)>", [["<img src=x onerror=alert(1)>", ""]]],
  ["a\tb", [["a\tb", ""]]],
])("%j is shown without what steers", (text, pieces) => {
  expect(readLine(text).pieces).toEqual(pieces);
});

test.each([
  ["==> Starting build()...", "phase"],
  [":: Interfere: none.", "note"],
  ["==> WARNING: Skipping dependency checks.", "note"],
  ["==> ERROR: A failure occurred in build().", "error"],
  ["main.c:12:5: error: expected ;", "error"],
  ["error[E0432]: unresolved import", "error"],
  ["make: *** [Makefile:2: all] Error 1", "error"],
  ["\u001b[1m\u001b[31m==> ERROR:\u001b[m bad", "error"],
  ["no errors", "plain"],
])("%j is marked", (text, kind) => {
  expect(readLine(text).kind).toBe(kind);
});

const textOf = (lines: readonly { pieces: readonly (readonly [string, string])[] }[]): string[] =>
  lines.map(({ pieces }) => pieces.map(([piece]) => piece).join(""));

describe("bytes as they come", () => {
  test("make lines where they end, wherever they were cut, also within a character or an escape", () => {
    const bytes = Buffer.from("größer\n\u001b[31mré\u001b[0md\nrest");
    for (let at = 0; at <= bytes.length; at++) {
      const reader = lineReader();
      const lines = [...reader.push(bytes.subarray(0, at)), ...reader.push(bytes.subarray(at))];
      expect([textOf(lines), reader.consumed]).toEqual([["größer", "réd"], bytes.length - 4]);
      expect([textOf(reader.end()), reader.consumed]).toEqual([["rest"], bytes.length]);
    }
  });

  test("that never end a line aren't collected without end", () => {
    const reader = lineReader();
    let shown = 0;
    for (let n = 0; n < 200; n++) shown += textOf(reader.push(Buffer.alloc(65_536, "x"))).join("").length;
    expect(reader.consumed).toBeGreaterThan(12_000_000);
    expect(shown).toBeLessThan(1_000_000);
  });
});
