import { evaluateArithmetic } from "./arithmetic.ts";
import { expandBraces } from "./braces.ts";
import { refuseOwnSeparators, splitFields } from "./fields.ts";
import type { Piece, Scope } from "./scope.ts";
import { applyToList, applyToText } from "./operators.ts";
import { Pattern, type Replacement } from "./patterns.ts";
import type { Parameter, Word, WordPart } from "../../grammar/syntax.ts";
import { inOrder, NotStatic, textOf, type Value, type Variable } from "../values.ts";

/** Expands a word where bash doesn't split it: an assigned value, a case's subject, one side of a test. */
export function expandText(word: Word, scope: Scope): string {
  const text = pieces(word.parts, scope)
    .map((piece) => (piece.breaks ? ` ${piece.text}` : piece.text))
    .join("");
  return scope.budget.hold(text);
}

/** Expands an assigned value, where a tilde means a home also behind a colon. */
export function expandAssigned(word: Word, scope: Scope): string {
  const plain = simpleText(word, "assigned", scope);
  if (plain !== undefined) return scope.budget.hold(plain);
  if (word.parts.some((part) => part.kind === "literal" && !part.quoted && /:~/.test(part.text))) {
    throw new NotStatic("~ means the builder's home");
  }
  refuseTilde(word);
  return expandText(word, scope);
}

/** Expands a word into the words that bash makes of it: none, one or several. */
export function expandFields(word: Word, scope: Scope): string[] {
  const plain = simpleText(word, "field", scope);
  if (plain !== undefined && plain !== "") {
    scope.budget.spend(10);
    return [scope.budget.hold(plain)];
  }
  return expandBraces(word, scope.budget).flatMap((braced) => {
    refuseTilde(braced);
    const fields = splitFields(pieces(braced.parts, scope), scope);
    if (fields.join("") === "" && braced.parts.length > 1 && hasQuotedList(braced.parts, "@"))
      throw new NotStatic("an empty list beside something empty");
    return fields;
  });
}

const expands = /[*?[{~$]/;

/** The text of a word in which nothing can be expanded. */
export function plainText({ parts }: Word): string | undefined {
  const [only, another] = parts;
  if (another || only?.kind !== "literal") return undefined;
  return only.quoted || !expands.test(only.text) ? only.text : undefined;
}

const beginsName = /^[A-Za-z_]/;
/** What makes several words of one, or a pattern. */
const splits = /[ \t\n*?[]/;

/**
 * What most words come to without more ado: plain text, and plain variables that aren't split where they stand.
 * Undefined for any other word.
 */
function simpleText({ parts }: Word, as: "assigned" | "field", scope: Scope): string | undefined {
  if (parts.length === 0) return undefined;
  let text = "";
  for (const part of parts) {
    if (part.kind === "literal") {
      if (!part.quoted && expands.test(part.text)) return undefined;
      text += part.text;
    } else {
      if (part.kind !== "parameter") return undefined;
      const isPlain = part.prefix === "" && part.operator === "" && !part.index;
      if (!isPlain || !beginsName.test(part.name)) return undefined;
      const value = valueOf(scope.get(part.name)) ?? "";
      if (!part.quoted && as === "field" && (splits.test(value) || scope.sets("IFS"))) return undefined;
      text += value;
    }
  }
  return text;
}

export function expandPattern(word: Word, scope: Scope): Pattern {
  refuseLists(word);
  return new Pattern(pieces(word.parts, scope), scope.budget);
}

/** The right side of `=~`: what is quoted stands for itself. */
export function expandExpression(word: Word, scope: Scope): string {
  refuseLists(word);
  return pieces(word.parts, scope)
    .map(({ text, quoted }) => (quoted ? text.replaceAll(/[^\w ]/g, "\\$&") : text))
    .join("");
}

/** The integer that an arithmetic expression comes to. */
export function expandNumber(word: Word, scope: Scope): bigint {
  return calculate(expandText(word, scope), scope);
}

export function calculate(expression: string, scope: Scope): bigint {
  return evaluateArithmetic(expression, (name) => valueOf(scope.get(name)) ?? "");
}

/** Whether the word becomes exactly one field, whatever its expansions come to. */
export function isOneField({ parts }: Word): boolean {
  return parts.every((part) => {
    if (part.kind === "literal") return part.quoted || !/[*?[{~]/.test(part.text);
    if (part.kind === "extended-pattern" || !part.quoted) return false;
    return part.kind !== "parameter" || !isList(part);
  });
}

function refuseTilde({ parts: [first] }: Word): void {
  if (first?.kind === "literal" && !first.quoted && first.text.startsWith("~")) {
    throw new NotStatic("~ means the builder's home");
  }
}

/** Within another expansion bash joins a list in ways that differ by where the quotes stand. */
function refuseLists({ parts }: Word): void {
  if (parts.some((part) => part.kind === "parameter" && isList(part)))
    throw new NotStatic("a list within an expansion");
}

function pieces(parts: readonly WordPart[], scope: Scope): Piece[] {
  if (hasQuotedList(parts, "*") && hasQuotedList(parts, "@"))
    throw new NotStatic("it joins one list and splits another");
  return parts.flatMap((part): Piece[] => {
    switch (part.kind) {
      case "literal":
        return [{ text: part.text, quoted: part.quoted, expanded: false, breaks: false }];
      case "parameter":
        return parameter(part, scope);
      case "arithmetic":
        return [made(String(expandNumber(part.expression, scope)), part.quoted)];
      case "substitution":
        if (part.direction !== "$") throw new NotStatic("a command would have to be run");
        return [made(scope.output(part.script), part.quoted)];
      case "extended-pattern":
        throw new NotStatic("its pattern is an extended one");
    }
  });
}

function hasQuotedList(parts: readonly WordPart[], sign: "@" | "*"): boolean {
  return parts.some((part) => {
    if (part.kind !== "parameter" || !part.quoted || !isList(part)) return false;
    const [only] = part.index?.parts ?? [];
    return part.name === sign || (only?.kind === "literal" && only.text === sign);
  });
}

function made(text: string, quoted: boolean): Piece {
  return { text, quoted, expanded: true, breaks: false };
}

function parameter(part: Parameter, scope: Scope): Piece[] {
  if (isList(part)) return list(part, scope);
  const text = lookUp(part, scope);
  if (part.prefix === "#") return [made(lengthOf(text ?? ""), part.quoted)];
  const alternative = defaulted(part, text, scope);
  if (alternative) return alternative;
  return [made(text === undefined ? "" : operate(part, text, scope), part.quoted)];
}

function isList({ index, name }: Parameter): boolean {
  const [only] = index?.parts ?? [];
  const listed = only?.kind === "literal" && !only.quoted && (only.text === "@" || only.text === "*");
  return (listed && index?.parts.length === 1) || name === "@" || name === "*";
}

/** A variable, or one of the arguments: `$1`, `$@`, `$*`, `$#`. */
function held(name: string, scope: Scope): Variable | undefined {
  if (/^[A-Za-z_]/.test(name)) return scope.get(name);
  const { arguments: all } = scope;
  if (!all || !/^(?:[1-9]\d*|[@*#])$/.test(name))
    throw new NotStatic(`$${name} depends on how the shell was started`);
  if (name === "#") return { kind: "scalar", value: known(String(all.length)) };
  if (name === "@" || name === "*") {
    const elements = new Map(all.map((text, at) => [String(at), known(text)]));
    return { kind: "array", associative: false, elements, line: 0 };
  }
  const text = all[Number(name) - 1];
  return text === undefined ? undefined : { kind: "scalar", value: known(text) };
}

function known(text: string): Value {
  return { known: true, text, line: 0 };
}

function lookUp(part: Parameter, scope: Scope): string | undefined {
  const variable = held(part.name, scope);
  if (part.prefix !== "!") return element(variable, part.index, scope);
  const target = element(variable, part.index, scope) ?? "";
  if (!/^[A-Za-z_]\w*$/.test(target))
    throw new NotStatic("it names its variable in a way that isn't understood");
  return valueOf(scope.get(target));
}

function element(variable: Variable | undefined, index: Word | undefined, scope: Scope): string | undefined {
  if (index === undefined) return valueOf(variable);
  if (variable?.kind === "unknown") throw new NotStatic(variable.value.reason);
  const key = indexKey(variable, index, scope);
  if (variable?.kind !== "array") return key === "0" ? valueOf(variable) : undefined;
  const value = variable.elements.get(key);
  return value && textOf(value);
}

/** The key that a subscript means; below zero it counts from the end. */
export function indexKey(variable: Variable | undefined, index: Word, scope: Scope): string {
  if (variable?.kind === "array" && variable.associative) return expandText(index, scope);
  const number = Number(expandNumber(index, scope));
  if (!Number.isSafeInteger(number)) throw new NotStatic("its subscript is too large");
  if (number >= 0) return String(number);
  if (variable?.kind !== "array") throw new NotStatic("its subscript counts from the end");
  const fromEnd = Number(inOrder(variable).at(-1)?.[0] ?? -1) + 1 + number;
  if (fromEnd < 0) throw new NotStatic("its subscript lies before the beginning");
  return String(fromEnd);
}

/** What `$name` is: of an array, its first element. Undefined where that isn't set. */
export function valueOf(variable: Variable | undefined): string | undefined {
  if (!variable) return undefined;
  if (variable.kind === "array") {
    const first = variable.elements.get("0");
    return first && textOf(first);
  }
  return textOf(variable.value);
}

function lengthOf(text: string): string {
  if (/[^\0-\x7f]/.test(text)) throw new NotStatic("a length that depends on the locale");
  return String(text.length);
}

/** `:-`, `=`, `:+`, `?` and their like; undefined where the value itself counts. */
function defaulted(part: Parameter, value: string | undefined, scope: Scope): Piece[] | undefined {
  const [, colon, kind] = /^(:?)([-=?+])$/.exec(part.operator) ?? [];
  const [operand] = part.operands;
  if (!kind || !operand) return undefined;
  const set = value !== undefined && (colon === "" || value !== "");
  if (kind === "+" && !set) return isList(part) ? [] : [made("", part.quoted)];
  if (kind === "+") return inside(part, operand, scope);
  if (set) return undefined;
  if (kind === "?") throw new NotStatic(`reading stops here, as $${part.name} isn't set`);
  if (kind === "=") {
    if (part.index || part.prefix !== "" || !/^[A-Za-z_]/.test(part.name))
      throw new NotStatic("it assigns in a way that isn't understood");
    const text = expandText(operand, scope);
    scope.set(part.name, text);
    return [made(text, part.quoted)];
  }
  return inside(part, operand, scope);
}

/** The pieces of a word within an expansion, which are split as the expansion's own. */
function inside(part: Parameter, operand: Word, scope: Scope): Piece[] {
  refuseTilde(operand);
  const found = pieces(operand.parts, scope).map((piece) => ({ ...piece, expanded: true }));
  return found.length === 0 ? [made("", part.quoted)] : found;
}

function operate(part: Parameter, text: string, scope: Scope): string {
  return applyToText(part, text, operandReader(scope));
}

function operandReader(scope: Scope): Parameters<typeof applyToText>[2] {
  return {
    pattern: (word) => expandPattern(word, scope),
    replacement: (word, isUsed) => replacement(word, isUsed, scope),
    number: (word) => Number(expandNumber(word, scope)),
  };
}

/** Since bash 5.2 a bare `&` stands for the match; before, for itself. */
function replacement(word: Word, isUsed: boolean, scope: Scope): Replacement {
  refuseLists(word);
  const found = pieces(word.parts, scope);
  const bare = found.filter(({ quoted }) => !quoted).map(({ text }) => text);
  if (isUsed && bare.some((text) => text.includes("\\") || (text.includes("&") && !scope.clean))) {
    throw new NotStatic("its replacement means different things to different versions of bash");
  }
  refuseTilde(word);
  if (bare.some((text) => text.includes("&")))
    return (match) =>
      found.map(({ text, quoted }) => (quoted ? text : text.replaceAll("&", () => match))).join("");
  const text = found.map((piece) => piece.text).join("");
  return () => text;
}

function list(part: Parameter, scope: Scope): Piece[] {
  const isArguments = part.name === "@" || part.name === "*";
  // Bash counts these from one, and `${!@}` isn't their keys.
  if (isArguments && (part.operator === ":" || part.prefix === "!"))
    throw new NotStatic("it counts its arguments in a way that isn't followed");
  const variable = held(part.name, scope);
  if (variable?.kind === "unknown") throw new NotStatic(variable.value.reason);
  // A slice of a scalar's only element is one of its text.
  if (variable?.kind === "scalar" && part.operator === ":") {
    return [made(operate(part, textOf(variable.value), scope), part.quoted)];
  }
  const entries = entriesOf(variable);
  if (part.prefix === "!")
    return fields(
      part,
      entries.map(([key]) => key),
      scope,
    );
  if (part.prefix === "#") return [made(String(entries.length), part.quoted)];
  const alternative = defaulted(part, listValue(part, entries), scope);
  if (alternative) return alternative;
  const values = entries.map(([, value]) => value);
  if (part.operator === ":" && entries.some(([key], position) => key !== String(position))) {
    throw new NotStatic("it slices an array with gaps");
  }
  return fields(part, applyToList(part, values, operandReader(scope)), scope);
}

function entriesOf(variable: Exclude<Variable, { kind: "unknown" }> | undefined): [string, string][] {
  if (!variable) return [];
  if (variable.kind === "scalar") return [["0", textOf(variable.value)]];
  return inOrder(variable).map(([key, value]) => [key, textOf(value)]);
}

/** What `${list[@]:-…}` looks at. */
function listValue({ operator }: Parameter, entries: readonly [string, string][]): string | undefined {
  if (!/^:?[-=?+]$/.test(operator)) return undefined;
  if (operator.includes("=")) throw new NotStatic("it assigns in a way that isn't understood");
  return entries.length === 0 ? undefined : entries.map(([, value]) => value).join(" ");
}

function fields({ name, index, quoted }: Parameter, values: readonly string[], scope: Scope): Piece[] {
  const star = name === "*" || (index?.parts[0]?.kind === "literal" && index.parts[0].text === "*");
  if (star) refuseOwnSeparators(scope);
  if (star && quoted) return [made(values.join(" "), true)];
  scope.budget.spend(values.length);
  return values.map((text, position) => ({ text, quoted, expanded: true, breaks: position > 0 }));
}
