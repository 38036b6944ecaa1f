import { bareText, hasBraces } from "../grammar/constants.ts";
import type { Walk } from "./effects.ts";
import {
  expandAssigned,
  expandFields,
  indexKey,
  isOneField,
  plainText,
  valueOf,
} from "./expansion/expand.ts";
import type { Scope } from "./expansion/scope.ts";
import type { ArrayElement, Assignment, Word } from "../grammar/syntax.ts";
import { NotStatic, PlainArray, textOf, type Value, type Variable } from "./values.ts";
import { walkWord } from "../grammar/walk.ts";

/** A shell in which what isn't followed can make variables unknown. */
export interface Assigner extends Scope {
  blur(walk: Walk): void;
}

/** What a variable is after an assignment. @throws NotStatic where nothing of it is known */
export function assigned(
  old: Variable | undefined,
  { value, index, append, line }: Assignment,
  shell: Assigner,
): Variable {
  if (value.kind === "scalar") {
    // Without a subscript the first element of an array is meant; what isn't known may be one.
    const inList = index !== undefined || old?.kind === "array" || old?.kind === "unknown";
    if (inList) return withElement(old, { index, append, word: value.word }, line, shell);
    return {
      kind: "scalar",
      value: valueOfWord(value.word, line, shell, append ? (valueOf(old) ?? "") : ""),
    };
  }
  if (index) throw new NotStatic("an array can't be an element");
  const isKeyed = old?.kind === "array" && old.associative;
  if (value.texts && !append && !isKeyed) {
    shell.budget.spend(10 * value.texts.length);
    return new PlainArray(value.texts, line);
  }
  return list(old, append, value.elements, line, shell);
}

function list(
  old: Variable | undefined,
  append: boolean,
  added: readonly ArrayElement[],
  line: number,
  shell: Assigner,
): Variable {
  // It may be associative.
  const keyed = added.some(({ index }) => index !== undefined);
  if (old?.kind === "unknown" && (append || keyed)) return old;
  const associative = old?.kind === "array" && old.associative;
  const elements = append ? copyOf(old, shell) : new Map<string, Value>();
  let next = associative ? 0 : nextIndex(elements);
  for (const { index, append, word } of added) {
    if (index) {
      // Bash takes each of the words that the braces make for an element of its own.
      if (!associative && hasBraces(bareText([...index.parts, ...word.parts])))
        throw new NotStatic("braces behind a subscript");
      const key = setElement(
        { kind: "array", associative, elements, line },
        { index, append, word },
        shell,
        elements,
      );
      next = Number(key) + 1;
      continue;
    }
    if (associative) throw new NotStatic("an associative array without keys");
    const plain = plainText(word);
    // Most are.
    if (plain) {
      shell.budget.spend(10);
      elements.set(String(next), { known: true, text: plain, line: word.line });
      next += 1;
      continue;
    }
    for (const value of fieldsOf(word, shell)) {
      elements.set(String(next), value);
      next += 1;
    }
  }
  return { kind: "array", associative, elements, line };
}

function withElement(
  old: Variable | undefined,
  element: { index: Word | undefined; append: boolean; word: Word },
  line: number,
  shell: Assigner,
): Variable {
  if (old?.kind === "unknown") return old;
  const associative = old?.kind === "array" && old.associative;
  const elements = copyOf(old, shell);
  const array: Variable = { kind: "array", associative, elements, line };
  setElement(array, element, shell, elements);
  return array;
}

function setElement(
  array: Variable,
  { index, append, word }: { index: Word | undefined; append: boolean; word: Word },
  shell: Assigner,
  elements: Map<string, Value>,
): string {
  const key = index ? indexKey(array, index, shell) : "0";
  const before = elements.get(key);
  elements.set(key, valueOfWord(word, word.line, shell, append && before ? textOf(before) : ""));
  return key;
}

/** The value of a word that is one word whatever it comes to. */
export function valueOfWord(word: Word, line: number, shell: Assigner, before: string): Value {
  try {
    return { known: true, text: shell.budget.hold(before + expandAssigned(word, shell)), line };
  } catch (error) {
    if (!(error instanceof NotStatic)) throw error;
    shell.blur((visitor) => walkWord(word, visitor));
    return { known: false, reason: error.message, line };
  }
}

/** One unknown element where it's one in any case; else not even their number is known. */
function fieldsOf(word: Word, shell: Assigner): Value[] {
  const { line } = word;
  try {
    return expandFields(word, shell).map((text) => ({ known: true, text, line }));
  } catch (error) {
    if (!(error instanceof NotStatic) || !isOneField(word)) throw error;
    shell.blur((visitor) => walkWord(word, visitor));
    return [{ known: false, reason: error.message, line }];
  }
}

function copyOf(variable: Variable | undefined, { budget }: Scope): Map<string, Value> {
  if (variable?.kind === "scalar") return new Map([["0", variable.value]]);
  if (variable?.kind !== "array") return new Map();
  budget.spend(variable.elements.size);
  return new Map(variable.elements);
}

function nextIndex(elements: ReadonlyMap<string, Value>): number {
  let next = 0;
  for (const key of elements.keys()) next = Math.max(next, Number(key) + 1);
  return next;
}
