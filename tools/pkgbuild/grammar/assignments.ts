import { endsWord, skipLines } from "./blanks.ts";
import { Cursor } from "./cursor.ts";
import { readPlainElement } from "./plain-assignments.ts";
import type { ArrayElement, AssignedValue, Assignment, Word } from "./syntax.ts";
import { readSubscript, readWord } from "./words.ts";

/** A name, perhaps a subscript on the same line, and the sign. */
const target = /([A-Za-z_][A-Za-z0-9_]*)(?:\[((?:[^[\]\n"'`\\]|"[^"\n`\\]*"|'[^'\n]*')+)\])?(\+?=)/y;
const subscripted = /[A-Za-z_][A-Za-z0-9_]*\[/y;
const elementIndex = /\[((?:[^[\]\n"'`\\]|"[^"\n`\\]*"|'[^'\n]*')+)\](\+?=)/y;

const beginsName = /[A-Za-z_]/;

/** Reads `name=…`, `name+=…`, `name[index]=…` where one stands here. */
export function readAssignment(cursor: Cursor): Assignment | undefined {
  if (!beginsName.test(cursor.char)) return undefined;
  const { line, at } = cursor;
  target.lastIndex = at;
  const [whole, name, subscript, sign] = target.exec(cursor.text) ?? [];
  if (whole === undefined || name === undefined) {
    // A subscript that isn't recognised could hide an assignment from us.
    if (cursor.stands(subscripted)) cursor.fail("a subscript that isn't understood");
    return undefined;
  }
  cursor.at += whole.length;
  const index = subscript === undefined ? undefined : subscriptOf(cursor, subscript, line);
  return { name, index, append: sign === "+=", value: readValue(cursor), line };
}

function readValue(cursor: Cursor): AssignedValue {
  if (!cursor.skip("(")) {
    const start = cursor.at;
    const word = readWord(cursor);
    return { kind: "scalar", word, span: { start, end: cursor.at } };
  }
  const elements = readElements(cursor);
  if (!cursor.ended && !endsWord(cursor.char)) cursor.fail("text directly behind an array");
  return { kind: "array", elements };
}

function readElements(cursor: Cursor): ArrayElement[] {
  const { at } = cursor;
  if (cursor.pendingDocuments.length > 0) cursor.fail("an array after a here-document's operator");
  const elements: ArrayElement[] = [];
  for (;;) {
    for (let plain = readPlainElement(cursor); plain; plain = readPlainElement(cursor)) elements.push(plain);
    skipLines(cursor);
    if (cursor.skip(")")) return elements;
    if (cursor.ended) cursor.fail("an array that isn't closed", at);
    elements.push(readElement(cursor));
  }
}

function readElement(cursor: Cursor): ArrayElement {
  const { line, at } = cursor;
  elementIndex.lastIndex = at;
  const [whole, subscript, sign] = (cursor.char === "[" && elementIndex.exec(cursor.text)) || [];
  // Bash reads on up to the bracket's other half, over blanks and line ends.
  if (whole === undefined && cursor.char === "[") cursor.fail("a subscript that isn't understood");
  const index = subscript === undefined ? undefined : subscriptOf(cursor, subscript, line);
  if (whole !== undefined) cursor.at += whole.length;
  const start = cursor.at;
  const word = readWord(cursor);
  if (cursor.at === at) cursor.fail(`an unexpected ${cursor.char} in an array`);
  return { index, append: sign === "+=", word, span: { start, end: cursor.at } };
}

function subscriptOf(cursor: Cursor, text: string, line: number): Word {
  const inner = new Cursor(text, { line, depth: cursor.depth });
  const index = inner.nested(() => readSubscript(inner));
  if (!inner.ended) cursor.fail("a subscript that isn't understood");
  cursor.addFindings(inner);
  return index;
}
