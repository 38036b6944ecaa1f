import { Cursor } from "./cursor.ts";
import type { ArrayElement, AssignedValue, Statement, Word } from "./syntax.ts";

/** A name and one word without anything that would be expanded, or the parenthesis that opens a list. */
const plainAssignment =
  /([A-Za-z_]\w*)(\+?)=(?:\(|([\w:/.,=%-]*)(?=\n)|'([^']*)'(?=\n)|"([^"\\$`]*)"(?=\n))/y;
/** The blanks before an element and one word of that kind. */
const plainElement = /[ \t\n]*(?:([\w:/.,=%-]+)|'([^']*)'|"([^"\\$`]*)")(?=[ \t\n)])/y;
const endOfList = /[ \t\n]*\)(?=\n)/y;

/**
 * What most lines of a recipe are: an assignment of plain text, and nothing behind it. The result is the same as where
 * every kind of command is tried, in a fraction of the steps. Undefined for anything else, which isn't stepped over.
 */
export function readPlainAssignment(cursor: Cursor): Statement | undefined {
  const { at: start } = cursor;
  plainAssignment.lastIndex = start;
  const match = plainAssignment.exec(cursor.text);
  if (!match || cursor.pendingDocuments.length > 0) return undefined;
  const { line } = cursor;
  const [whole, name = "", plus, bare, single, double] = match;
  cursor.at = start + whole.length;
  const text = bare ?? single ?? double;
  const value: AssignedValue | undefined =
    text === undefined
      ? readPlainList(cursor)
      : {
          kind: "scalar",
          word: { parts: bare === "" ? [] : [{ kind: "literal", text, quoted: bare === undefined }], line },
          span: { start: start + name.length + (plus === "+" ? 2 : 1), end: cursor.at },
        };
  if (!value) {
    cursor.at = start;
    return undefined;
  }
  const assignment = { name, index: undefined, append: plus === "+", value, line };
  const command = { kind: "simple", line, assignments: [assignment], words: [], redirections: [] } as const;
  return { command, background: false, line, start, end: cursor.at };
}

function readPlainList(cursor: Cursor): AssignedValue | undefined {
  const { at: start, line, text } = cursor;
  if (!cursor.skims) {
    const elements = readPlainElements(cursor);
    return cursor.take(endOfList) === "" ? undefined : { kind: "array", elements };
  }
  const texts: string[] = [];
  plainElement.lastIndex = start;
  for (let match = plainElement.exec(text); match; match = plainElement.exec(text)) {
    cursor.at += match[0].length;
    texts.push(match[1] ?? match[2] ?? match[3] ?? "");
  }
  return cursor.take(endOfList) === "" ? undefined : new PlainList(texts, text.slice(start, cursor.at), line);
}

/** Thousands are read of whose elements only the texts are asked for. */
class PlainList {
  readonly kind = "array";
  readonly texts: readonly string[];
  readonly #text: string;
  readonly #line: number;
  #elements: readonly ArrayElement[] | undefined;

  constructor(texts: readonly string[], text: string, line: number) {
    this.texts = texts;
    this.#text = text;
    this.#line = line;
  }

  /** Without their places in the whole text. */
  get elements(): readonly ArrayElement[] {
    return (this.#elements ??= readPlainElements(new Cursor(this.#text, { line: this.#line })));
  }
}

function readPlainElements(cursor: Cursor): ArrayElement[] {
  const elements: ArrayElement[] = [];
  for (let plain = readPlainElement(cursor); plain; plain = readPlainElement(cursor)) elements.push(plain);
  return elements;
}

/** One element of a list where a plain one stands here. */
export function readPlainElement(cursor: Cursor): ArrayElement | undefined {
  plainElement.lastIndex = cursor.at;
  const match = plainElement.exec(cursor.text);
  if (!match) return undefined;
  const [whole, bare, single, double] = match;
  const text = bare ?? single ?? double ?? "";
  const end = cursor.at + whole.length;
  const start = end - text.length - (bare === undefined ? 2 : 0);
  cursor.at = start;
  const { line } = cursor;
  cursor.at = end;
  const word: Word = { parts: [{ kind: "literal", text, quoted: bare === undefined }], line };
  return { index: undefined, append: false, word, span: { start, end } };
}
