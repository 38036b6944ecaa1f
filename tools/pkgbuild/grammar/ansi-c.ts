import type { Cursor } from "./cursor.ts";

const escapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  e: 27,
  E: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};

const numeric = /x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})/y;

/** Reads what is between `$'` (already read) and its `'`, with the escapes decoded. */
export function ansiC(cursor: Cursor): string {
  const start = cursor.at;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (;;) {
    for (const byte of encoder.encode(cursor.take(/[^\\']+/y))) bytes.push(byte);
    if (cursor.skip("'")) break;
    if (!cursor.skip("\\") || cursor.ended) cursor.fail("a quote that isn't closed", start);
    bytes.push(...escaped(cursor));
  }
  // Bash ends the string at such a byte; text behind it would only be there to deceive.
  if (bytes.at(-1) === 0) bytes.pop();
  if (bytes.includes(0)) cursor.fail("a NUL in a string", start);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return cursor.fail("a string whose escapes aren't UTF-8", start);
  }
}

function escaped(cursor: Cursor): Iterable<number> {
  // Any number of digits, of which the last two count; only who hides a word writes so.
  if (cursor.sees("x{")) cursor.fail("a character by \\x{");
  const number = cursor.take(numeric);
  if (number !== "") {
    if (/^[0-7]/.test(number)) return [Number.parseInt(number, 8) & 0xff];
    const code = Number.parseInt(number.slice(1), 16);
    if (number.startsWith("x")) return [code];
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) cursor.fail("no such character");
    return new TextEncoder().encode(String.fromCodePoint(code));
  }
  const char = cursor.take(/[^]/uy);
  if (char === "c") cursor.fail("a control character by \\c");
  const code = escapes[char];
  return code === undefined ? new TextEncoder().encode(`\\${char}`) : [code];
}
