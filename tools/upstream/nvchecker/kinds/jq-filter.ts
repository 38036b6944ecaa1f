import { RE2JS } from "re2js";
import { SluiceError } from "../../../errors.ts";

/** What a filter makes of a document: all its outputs. */
export type JqFilter = (input: unknown) => readonly unknown[];

/**
 * The part of jq that real nvchecker files use: paths (`.a."b-c"[0]`, `.[]`), `|`, parentheses, `==` and `!=` with a
 * plain value, `select`, `map`, `test` and `capture`. https://jqlang.org/manual/
 *
 * @throws SluiceError `nvchecker-unsupported`, naming what isn't understood; the filter, when run, throws
 *   `nvchecker-answer` where the document doesn't have the form that the filter expects.
 */
export function readJqFilter(text: string, path: string): JqFilter {
  const cursor = new Cursor(tokens(text, path), path);
  const filter = readPipe(cursor);
  if (cursor.peek() !== undefined) throw cursor.unsupported();
  return filter;
}

function readPipe(cursor: Cursor): JqFilter {
  const left = readComparison(cursor);
  if (!cursor.take("|")) return left;
  const right = readPipe(cursor);
  return (input) => left(input).flatMap((value) => right(value));
}

function readComparison(cursor: Cursor): JqFilter {
  const left = readTerm(cursor);
  const wanted = cursor.take("==");
  if (!wanted && !cursor.take("!=")) return left;
  const right = cursor.literal();
  return (input) => left(input).map((value) => (value === right) === wanted);
}

function readTerm(cursor: Cursor): JqFilter {
  let filter: JqFilter;
  if (cursor.take("(")) {
    filter = readPipe(cursor);
    cursor.expect(")");
  } else if (cursor.peek()?.startsWith(".")) {
    filter = cursor.takeIdentity() ? (input) => [input] : readField(cursor);
  } else {
    return readFunction(cursor);
  }
  for (;;) {
    const before = filter;
    const next = cursor.peek()?.startsWith(".") ? readField(cursor) : readBrackets(cursor);
    if (next === undefined) return filter;
    filter = (input) => before(input).flatMap((value) => next(value));
  }
}

/** `.name` or `."name"`. */
function readField(cursor: Cursor): JqFilter {
  const token = cursor.next();
  if (token !== ".") return (input) => [member(input, token.slice(1))];
  const name = cursor.text();
  return (input) => [member(input, name)];
}

/** `[]`, `[0]` or `["name"]`. */
function readBrackets(cursor: Cursor): JqFilter | undefined {
  if (!cursor.take("[")) return undefined;
  if (cursor.take("]")) return items;
  const key = cursor.literal();
  cursor.expect("]");
  if (typeof key === "string") return (input) => [member(input, key)];
  if (typeof key !== "number" || !Number.isInteger(key)) throw cursor.unsupported();
  return (input) => [input === null ? null : (array(input).at(key) ?? null)];
}

function readFunction(cursor: Cursor): JqFilter {
  const name = cursor.peek();
  if (name !== "select" && name !== "map" && name !== "test" && name !== "capture")
    throw cursor.unsupported();
  cursor.next();
  cursor.expect("(");
  const result =
    name === "select" || name === "map" ? overItems(name, readPipe(cursor)) : matching(name, cursor);
  cursor.expect(")");
  return result;
}

function overItems(name: "select" | "map", filter: JqFilter): JqFilter {
  if (name === "map") return (input) => [items(input).flatMap((value) => filter(value))];
  return (input) => filter(input).flatMap((value) => (value === null || value === false ? [] : [input]));
}

function matching(name: "test" | "capture", cursor: Cursor): JqFilter {
  const regex = cursor.regex();
  if (name === "test") return (input) => [regex.test(text(input))];
  const names = Object.keys(regex.namedGroups());
  return (input) => {
    const matcher = regex.matcher(text(input));
    if (!matcher.find()) return [];
    return [Object.fromEntries(names.map((group) => [group, matcher.group(group) ?? null]))];
  };
}

function member(input: unknown, name: string): unknown {
  if (input === null) return null;
  if (typeof input !== "object" || Array.isArray(input))
    throw otherForm(`${JSON.stringify(name)} of a mapping`);
  const found: unknown = Object.hasOwn(input, name) ? Reflect.get(input, name) : null;
  return found;
}

function items(input: unknown): readonly unknown[] {
  return typeof input === "object" && input !== null && !Array.isArray(input)
    ? Object.values(input)
    : array(input);
}

function array(input: unknown): readonly unknown[] {
  if (!Array.isArray(input)) throw otherForm("a list");
  return input;
}

function text(input: unknown): string {
  if (typeof input !== "string") throw otherForm("text");
  return input;
}

function otherForm(expected: string): SluiceError {
  return new SluiceError(
    "nvchecker-answer",
    `the document lacks ${expected} where the recipe's filter expects it`,
    {
      hint: "Look at the document in a browser and correct the recipe's filter.",
    },
  );
}

function tokens(source: string, path: string): string[] {
  const found: string[] = [];
  const token = /\s*(\.[A-Za-z_]\w*|[A-Za-z_]\w*|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|==|!=|[.|()[\]])/y;
  while (token.lastIndex < source.trimEnd().length) {
    const at = token.lastIndex;
    const match = token.exec(source)?.[1];
    if (match === undefined) throw unsupported(path, source.slice(at).trim());
    found.push(match);
  }
  return found;
}

/** Goes through a filter's tokens. */
class Cursor {
  readonly #tokens: readonly string[];
  readonly #path: string;
  #at = 0;

  constructor(all: readonly string[], path: string) {
    this.#tokens = all;
    this.#path = path;
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  next(): string {
    const token = this.peek();
    if (token === undefined) throw this.unsupported();
    this.#at += 1;
    return token;
  }

  take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  /** A `.` that no name follows. */
  takeIdentity(): boolean {
    return !this.#tokens[this.#at + 1]?.startsWith('"') && this.take(".");
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.unsupported();
  }

  literal(): unknown {
    const token = this.peek() ?? "";
    if (!/^(?:["\d-]|(?:true|false|null)$)/.test(token)) throw this.unsupported();
    try {
      const value: unknown = JSON.parse(token);
      this.#at += 1;
      return value;
    } catch {
      // Text with an escape that JSON doesn't have, such as `\(…)`.
      throw this.unsupported();
    }
  }

  text(): string {
    const value = this.literal();
    if (typeof value !== "string") throw this.unsupported();
    return value;
  }

  regex(): RE2JS {
    const pattern = this.text();
    try {
      return RE2JS.compile(pattern, RE2JS.LOOKBEHINDS);
    } catch {
      throw unsupported(this.#path, pattern);
    }
  }

  unsupported(): SluiceError {
    return unsupported(this.#path, this.#tokens.slice(this.#at).join(" ") || "its end");
  }
}

function unsupported(path: string, what: string): SluiceError {
  return new SluiceError(
    "nvchecker-unsupported",
    `${path}: filter isn't understood from ${JSON.stringify(what)} on`,
    {
      hint: "Use paths, |, ==, select, map, test and capture alone, or the source regex.",
      facts: { path },
    },
  );
}
