import type { Word, WordPart } from "../../grammar/syntax.ts";
import { type Budget, NotStatic } from "../values.ts";

/** A single unquoted character, or a part that braces don't look into. */
type Item = string | WordPart;

const mostWords = 5_000;

/** Expands `{a,b}` and `{1..3}` as bash does, before everything else. */
export function expandBraces(word: Word, budget: Budget): Word[] {
  if (!word.parts.some((part) => part.kind === "literal" && !part.quoted && part.text.includes("{")))
    return [word];
  const expanded = expand(toItems(word.parts), budget, 0);
  return expanded.map((items) => ({ parts: toParts(items), line: word.line }));
}

/** Follows `brace_expand` in bash's braces.c. */
function expand(items: readonly Item[], budget: Budget, depth: number): Item[][] {
  if (depth > 50) throw new NotStatic("its braces are nested too deep");
  let results: Item[][] = [[]];
  let rest = items;
  for (;;) {
    const open = findOpen(rest, budget);
    if (!open) return combine(results, [rest], budget);
    const amble = rest.slice(open.start + 1, open.end);
    const choices = choicesOf(amble, budget, depth) ?? [rest.slice(open.start, open.end + 1)];
    results = combine(results, [rest.slice(0, open.start)], budget);
    results = combine(results, choices, budget);
    rest = rest.slice(open.end + 1);
  }
}

function findOpen(items: readonly Item[], budget: Budget): { start: number; end: number } | undefined {
  for (let start = items.indexOf("{"); start !== -1; start = items.indexOf("{", start + 1)) {
    const end = start === 0 && items[1] === "}" ? undefined : findClose(items, start + 1, budget);
    if (end !== undefined) return { start, end };
  }
  return undefined;
}

/** A closing brace counts only behind a comma or two dots of its own level. */
function findClose(items: readonly Item[], start: number, budget: Budget): number | undefined {
  let level = 0;
  let separated = false;
  for (let at = start; at < items.length; at += 1) {
    const item = items[at];
    budget.spend(1);
    if (item === "}" && level === 0 && separated) return at;
    if (item === "{") level += 1;
    else if (item === "}" && level > 0) level -= 1;
    else if (level === 0 && item === ",") separated = true;
    else if (level === 0 && item === "." && items[at + 1] === "." && items[at + 2] !== "}") separated = true;
  }
  return undefined;
}

function choicesOf(amble: readonly Item[], budget: Budget, depth: number): Item[][] | undefined {
  if (!amble.includes(",")) return sequence(amble, budget);
  const choices: Item[][] = [];
  for (const choice of splitAtCommas(amble)) choices.push(...expand(choice, budget, depth + 1));
  return choices;
}

function splitAtCommas(items: readonly Item[]): Item[][] {
  const pieces: Item[][] = [[]];
  let level = 0;
  for (const item of items) {
    if (item === "," && level === 0) {
      pieces.push([]);
      continue;
    }
    if (item === "{") level += 1;
    else if (item === "}" && level > 0) level -= 1;
    pieces.at(-1)?.push(item);
  }
  return pieces;
}

/** `1..5`, `01..10..2`, `a..e`; undefined where it isn't one. */
function sequence(items: readonly Item[], budget: Budget): Item[][] | undefined {
  if (!items.every((item) => typeof item === "string")) return undefined;
  const [, from, to, by] = /^([^.]+)\.\.([^.]+)(?:\.\.([^.]+))?$/.exec(items.join("")) ?? [];
  if (from === undefined || to === undefined || (by !== undefined && !/^[+-]?\d{1,9}$/.test(by)))
    return undefined;
  const step = Math.abs(Number(by ?? 1)) || 1;
  const numbers = /^[+-]?\d+$/;
  if (numbers.test(from) && numbers.test(to)) {
    if (from.length > 15 || to.length > 15) throw new NotStatic("its braces hold too large a number");
    const width = [from, to].some((text) => /^-?0\d/.test(text)) ? Math.max(from.length, to.length) : 0;
    return counted(Number(from), Number(to), step, budget).map((number) => [...padded(number, width)]);
  }
  if (!/^[A-Za-z]$/.test(from) || !/^[A-Za-z]$/.test(to)) return undefined;
  const codes = counted(from.charCodeAt(0), to.charCodeAt(0), step, budget);
  // From Z to a run characters that quote or substitute.
  if (/[A-Z]/.test(from) !== /[A-Z]/.test(to))
    throw new NotStatic("its braces run through special characters");
  return codes.map((code) => [String.fromCharCode(code)]);
}

function padded(number: number, width: number): string {
  const digits = String(Math.abs(number));
  return number < 0 ? `-${digits.padStart(width - 1, "0")}` : digits.padStart(width, "0");
}

function counted(from: number, to: number, step: number, budget: Budget): number[] {
  const count = Math.floor(Math.abs(to - from) / step) + 1;
  if (count > mostWords) throw new NotStatic("its braces make too many words");
  budget.spend(count);
  return Array.from({ length: count }, (_, index) => from + (to >= from ? index : -index) * step);
}

function combine(left: readonly Item[][], right: readonly (readonly Item[])[], budget: Budget): Item[][] {
  if (left.length * right.length > mostWords) throw new NotStatic("its braces make too many words");
  const result: Item[][] = [];
  for (const head of left) {
    for (const tail of right) {
      budget.spend(head.length + tail.length);
      result.push([...head, ...tail]);
    }
  }
  return result;
}

function toItems(parts: readonly WordPart[]): Item[] {
  return parts.flatMap((part): Item[] =>
    part.kind === "literal" && !part.quoted ? Array.from(part.text) : [part],
  );
}

function toParts(items: readonly Item[]): WordPart[] {
  const parts: WordPart[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") parts.push({ kind: "literal", text, quoted: false });
    text = "";
  };
  for (const [position, item] of items.entries()) {
    if (isGlued(item, items[position + 1])) throw new NotStatic("its braces make up a variable's name");
    if (typeof item === "string") {
      text += item;
    } else {
      flush();
      parts.push(item);
    }
  }
  flush();
  return parts;
}

/** `$a{b,c}` is `$ab $ac`: bash looks for variables only after it has put the words together. */
function isGlued(item: Item, next: Item | undefined): boolean {
  if (next === undefined) return false;
  if (item === "$") return typeof next !== "string" || /[A-Za-z0-9_@*#?$!([{-]/.test(next);
  if (typeof item === "string" || item.kind !== "parameter" || item.braced || item.quoted) return false;
  return typeof next === "string" && /[A-Za-z0-9_]/.test(next);
}
