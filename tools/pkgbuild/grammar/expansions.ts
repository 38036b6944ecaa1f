import { readScript } from "./commands.ts";
import { Cursor } from "./cursor.ts";
import type { Arithmetic, Parameter, Script, Substitution, Word } from "./syntax.ts";
import { readArithmetic, readOperand, readSubscript } from "./words.ts";

interface Surroundings {
  readonly quoted: boolean;
  /** Directly in a here-document. */
  readonly document: boolean;
}

const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const parameterName = /[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]/y;
const operators = /:[-=?+]|[-=?+]|:|##?|%%?|\/[/#%]?|\^\^?|,,?|@[A-Za-z]/y;
const patternOperators = new Set(["#", "##", "%", "%%", "/", "//", "/#", "/%", "^", "^^", ",", ",,"]);

/** Whether the `$` here begins an expansion; else it stands for itself. */
export function isExpansion(cursor: Cursor): boolean {
  if (cursor.stands(/\$\\\n/y)) cursor.fail("an expansion continued on the next line");
  return cursor.stands(/\$[A-Za-z_0-9@*#?$!\-({[]/y);
}

/** Reads `$name`, `${…}`, `$(…)` or `$((…))`. */
export function readExpansion(
  cursor: Cursor,
  surroundings: Surroundings,
): Parameter | Substitution | Arithmetic {
  const { line } = cursor;
  const { quoted } = surroundings;
  cursor.at += 1;
  if (cursor.sees("[")) cursor.fail("arithmetic in the obsolete form $[…]");
  if (cursor.skip("((")) {
    const expression = cursor.nested(() => readArithmetic(cursor, "))"));
    return { kind: "arithmetic", quoted, line, expression };
  }
  if (cursor.skip("("))
    return { kind: "substitution", quoted, line, direction: "$", script: readInner(cursor) };
  if (cursor.skip("{")) return cursor.nested(() => readBraced(cursor, surroundings, line));
  const found = cursor.take(name) || cursor.char;
  if (!/^[A-Za-z_]/.test(found)) cursor.at += 1;
  return {
    kind: "parameter",
    quoted,
    line,
    braced: false,
    name: found,
    index: undefined,
    prefix: "",
    operator: "",
    operands: [],
  };
}

/** Reads `<(…)` or `>(…)`. */
export function readProcess(cursor: Cursor): Substitution {
  const { line } = cursor;
  const direction = cursor.char === "<" ? "<" : ">";
  cursor.at += 2;
  return { kind: "substitution", quoted: false, line, direction, script: readInner(cursor) };
}

/** Reads a command between backticks, where a backslash quotes a backtick, a dollar and itself. */
export function readBackticks(cursor: Cursor, quoted: boolean): Substitution {
  const { line, at, depth } = cursor;
  const raw = cursor.take(/`(?:[^`\\]|\\[^])*`/y);
  if (raw === "") cursor.fail("a backtick that isn't closed", at);
  const text = raw.slice(1, -1).replaceAll(quoted ? /\\([$`\\"])/g : /\\([$`\\])/g, "$1");
  const inner = new Cursor(text, { line, depth });
  const script = inner.nested(() => readScript(inner, []));
  if (inner.pendingDocuments.length > 0) cursor.fail("a here-document that isn't closed", at);
  cursor.addFindings(inner);
  return { kind: "substitution", quoted, line, direction: "$", script };
}

/** Reads commands up to and with the closing parenthesis; here-documents may not reach across it. */
function readInner(cursor: Cursor): Script {
  const { at, pendingDocuments } = cursor;
  cursor.pendingDocuments = [];
  const script = cursor.nested(() => readScript(cursor, [")"]));
  cursor.expect(")", "a substitution");
  const across = pendingDocuments.length > 0 && cursor.text.slice(at, cursor.at).includes("\n");
  if (across || cursor.pendingDocuments.length > 0) cursor.fail("a here-document across a substitution", at);
  cursor.pendingDocuments = pendingDocuments;
  return script;
}

function readBraced(cursor: Cursor, surroundings: Surroundings, line: number): Parameter {
  const prefix = readPrefix(cursor);
  const found = cursor.take(parameterName);
  if (found === "") cursor.fail("an expansion that isn't understood");
  const index = cursor.skip("[") ? readIndex(cursor) : undefined;
  const operator = cursor.take(operators);
  const operands = readOperands(cursor, operator, surroundings);
  // `${!prefix*}` lists names; nothing else may follow a name but an operator.
  if (!cursor.skip("}")) cursor.fail("an expansion that isn't understood");
  return {
    kind: "parameter",
    quoted: surroundings.quoted,
    line,
    braced: true,
    name: found,
    index,
    prefix,
    operator,
    operands,
  };
}

function readPrefix(cursor: Cursor): "" | "#" | "!" {
  if (cursor.peek(/#(?![}:#%/=+?-])/y) !== "") {
    cursor.at += 1;
    return "#";
  }
  return cursor.stands(/![A-Za-z_0-9@*#]/y) && cursor.skip("!") ? "!" : "";
}

function readIndex(cursor: Cursor): Word {
  const index = cursor.nested(() => readSubscript(cursor));
  cursor.expect("]", "a subscript");
  return index;
}

function readOperands(cursor: Cursor, operator: string, { quoted, document }: Surroundings): Word[] {
  if (operator === "" || operator.startsWith("@")) return [];
  const pattern = patternOperators.has(operator);
  if (operator === ":") {
    const offset = readOperand(cursor, { quoted: true, pattern: false, delimiter: ":", document });
    if (!cursor.skip(":")) return [offset];
    return [offset, readOperand(cursor, { quoted: true, pattern: false, delimiter: "", document })];
  }
  if (!operator.startsWith("/")) return [readOperand(cursor, { quoted, pattern, delimiter: "", document })];
  // Directly behind the operator a slash doesn't end the pattern, but begins it.
  const slash = operator === "//" && cursor.skip("/");
  const rest = readOperand(cursor, { quoted, pattern, delimiter: "/", document });
  const searched = slash ? withSlash(rest) : rest;
  if (!cursor.skip("/")) return [searched];
  return [searched, readOperand(cursor, { quoted, pattern, delimiter: "", document })];
}

function withSlash({ parts, line }: Word): Word {
  const [first, ...others] = parts;
  if (first?.kind === "literal" && !first.quoted) {
    return { parts: [{ ...first, text: `/${first.text}` }, ...others], line };
  }
  return { parts: [{ kind: "literal", text: "/", quoted: false }, ...parts], line };
}
