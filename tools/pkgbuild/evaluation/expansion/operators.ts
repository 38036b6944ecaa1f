import type { Pattern, Replacement } from "./patterns.ts";
import type { Parameter, Word } from "../../grammar/syntax.ts";
import { NotStatic } from "../values.ts";

/** How an operator's operands are read where it's applied. */
export interface OperandReader {
  pattern(word: Word): Pattern;
  /** `isUsed`: whether the pattern matches anything. */
  replacement(word: Word, isUsed: boolean): Replacement;
  number(word: Word): number;
}

/** Applies `%`, `##`, `//`, `^^`, `:offset:length` … to every element of a list. */
export function applyToList(
  part: Parameter,
  values: readonly string[],
  read: OperandReader,
): readonly string[] {
  if (part.operator === ":") {
    const { start, end } = sliceOf(part, values.length, read, { list: true });
    return values.slice(start, end);
  }
  return part.operator === "" || /[-=?+]$/.test(part.operator)
    ? values
    : values.map((value) => applyToText(part, value, read));
}

/** Applies an operator to a text. Those for unset variables leave it as it is. */
export function applyToText(part: Parameter, text: string, read: OperandReader): string {
  const { operator, operands } = part;
  const [first, second] = operands;
  if (operator === "" || /[-=?+]$/.test(operator)) return text;
  if (operator.startsWith("@") || !first) throw new NotStatic(`\${…${operator}} isn't evaluated`);
  switch (operator) {
    case "#":
    case "##":
      return read.pattern(first).withoutPrefix(text, operator === "##");
    case "%":
    case "%%":
      return read.pattern(first).withoutSuffix(text, operator === "%%");
    case "/":
    case "//":
    case "/#":
    case "/%": {
      const pattern = read.pattern(first);
      if (operator === "/" && pattern.beginsAsAnchor)
        throw new NotStatic("its pattern's first character comes from an expansion");
      const place = places[operator];
      const isUsed = pattern.replace(text, () => "\0", place) !== text;
      return pattern.replace(text, second ? read.replacement(second, isUsed) : () => "", place);
    }
    case ":":
      return slice(part, text, read);
    default:
      return changeCase(operator, text, read.pattern(first));
  }
}

const places = { "/": "first", "//": "all", "/#": "start", "/%": "end" } as const;

function slice(part: Parameter, text: string, read: OperandReader): string {
  if (/[^\0-\x7f]/.test(text)) throw new NotStatic("a length that depends on the locale");
  const { start, end } = sliceOf(part, text.length, read, { list: false });
  return text.slice(start, end);
}

function sliceOf(
  { operands: [offset, count] }: Parameter,
  length: number,
  read: OperandReader,
  { list }: { list: boolean },
): { start: number; end: number } {
  // A conditional expression has a colon of its own, so it's unclear where the offset ends.
  const conditional = [offset, count].some((word) =>
    word?.parts.some((part) => part.kind === "literal" && part.text.includes("?")),
  );
  if (!offset || conditional) throw new NotStatic("its offset isn't understood");
  const from = read.number(offset);
  const start = from < 0 ? length + from : from;
  if (start < 0 || start > length) return { start: 0, end: 0 };
  if (!count) return { start, end: length };
  const wanted = read.number(count);
  const end = wanted < 0 ? length + wanted : start + wanted;
  if (wanted < 0 && (list || end < start)) throw new NotStatic("its length is below zero");
  return { start, end };
}

function changeCase(operator: string, text: string, pattern: Pattern): string {
  if (/[^\0-\x7f]/.test(text)) throw new NotStatic("upper and lower case that depend on the locale");
  const change = (char: string): string => {
    if (!pattern.empty && !pattern.matches(char)) return char;
    return operator.startsWith("^") ? char.toUpperCase() : char.toLowerCase();
  };
  if (operator.length === 2) return Array.from(text, change).join("");
  return change(text.charAt(0)) + text.slice(1);
}
