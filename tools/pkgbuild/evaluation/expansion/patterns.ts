import { type Budget, NotStatic } from "../values.ts";

/** A part of a pattern's text; where it's quoted its characters stand for themselves. */
export interface PatternPiece {
  readonly text: string;
  readonly quoted: boolean;
}

/** What stands for a match. */
export type Replacement = (match: string) => string;

type Token = { readonly star: true } | { readonly star: false; readonly accepts: (char: string) => boolean };

/** One of bash's patterns (`*`, `?`, `[…]`), matched in time proportional to pattern times text. */
export class Pattern {
  /** Its first character is a bare `#` or `%`, which directly behind `/` would say where to replace. */
  readonly beginsAsAnchor: boolean;
  readonly #tokens: readonly Token[];
  readonly #reversed: readonly Token[];
  readonly #literal: string | undefined;
  readonly #budget: Budget;

  constructor(pieces: readonly PatternPiece[], budget: Budget) {
    this.#budget = budget;
    const first = pieces.find(({ text }) => text !== "");
    this.beginsAsAnchor = first !== undefined && !first.quoted && /^[#%]/.test(first.text);
    this.#literal = literalText(pieces);
    this.#tokens = this.#literal === undefined ? compile(pieces) : [];
    this.#reversed = this.#tokens.toReversed();
  }

  get empty(): boolean {
    return this.#literal === "";
  }

  matches(text: string): boolean {
    if (this.#literal !== undefined) return text === this.#literal;
    const chars = Array.from(text);
    return this.#lengths(this.#tokens, chars, 0).includes(chars.length);
  }

  /** Removes the shortest or longest part that matches at the beginning. */
  withoutPrefix(text: string, longest: boolean): string {
    if (this.#literal !== undefined) {
      return text.startsWith(this.#literal) ? text.slice(this.#literal.length) : text;
    }
    const chars = Array.from(text);
    const length = this.#lengths(this.#tokens, chars, 0, !longest).at(-1);
    return chars.slice(length ?? 0).join("");
  }

  withoutSuffix(text: string, longest: boolean): string {
    if (this.#literal !== undefined) {
      return text.endsWith(this.#literal) ? text.slice(0, text.length - this.#literal.length) : text;
    }
    const chars = Array.from(text);
    const length = this.#lengths(this.#reversed, chars.toReversed(), 0, !longest).at(-1);
    return chars.slice(0, chars.length - (length ?? 0)).join("");
  }

  /** Replaces the longest match at the first place, at all, at the beginning or at the end. */
  replace(text: string, replacement: Replacement, where: "first" | "all" | "start" | "end"): string {
    if (where === "start" || where === "end") return this.#replaceAtEdge(text, replacement, where);
    if (this.empty) return text;
    if (text === "") return this.matches("") ? replacement("") : "";
    if (this.#literal !== undefined)
      return this.#replaceLiteral(text, this.#literal, replacement(this.#literal), where);
    const chars = Array.from(text);
    const result: string[] = [];
    let at = 0;
    while (at < chars.length) {
      const length = this.#lengths(this.#tokens, chars, at).at(-1) ?? 0;
      if (length === 0) {
        result.push(chars[at] ?? "");
        at += 1;
        continue;
      }
      result.push(this.#budget.hold(replacement(chars.slice(at, at + length).join(""))));
      at += length;
      if (where === "first") break;
    }
    return this.#budget.hold(result.join("") + chars.slice(at).join(""));
  }

  #replaceLiteral(text: string, literal: string, replacement: string, where: "first" | "all"): string {
    if (where === "first") {
      const at = text.indexOf(literal);
      return at === -1 ? text : text.slice(0, at) + replacement + text.slice(at + literal.length);
    }
    const pieces = text.split(literal);
    this.#budget.spend(text.length + pieces.length * replacement.length);
    return this.#budget.hold(pieces.join(replacement));
  }

  #replaceAtEdge(text: string, replacement: Replacement, where: "start" | "end"): string {
    if (where === "start") {
      if (this.#literal === undefined) {
        const chars = Array.from(text);
        const length = this.#lengths(this.#tokens, chars, 0).at(-1);
        return length === undefined
          ? text
          : replacement(chars.slice(0, length).join("")) + chars.slice(length).join("");
      }
      return text.startsWith(this.#literal)
        ? replacement(this.#literal) + text.slice(this.#literal.length)
        : text;
    }
    if (this.#literal === undefined) {
      const chars = Array.from(text);
      const length = this.#lengths(this.#reversed, chars.toReversed(), 0).at(-1);
      if (length === undefined) return text;
      const at = chars.length - length;
      return chars.slice(0, at).join("") + replacement(chars.slice(at).join(""));
    }
    if (!text.endsWith(this.#literal)) return text;
    return text.slice(0, text.length - this.#literal.length) + replacement(this.#literal);
  }

  /**
   * Lengths of the texts from `start` on that match, ascending. All ways to match advance together.
   *
   * @param onlyShortest the others aren't wanted
   */
  #lengths(
    tokens: readonly Token[],
    chars: readonly string[],
    start: number,
    onlyShortest = false,
  ): number[] {
    const found: number[] = [];
    const most = onlyShortest ? 1 : Infinity;
    let states = closure([0], tokens);
    for (let at = start; states.length > 0 && found.length < most; at += 1) {
      this.#budget.spend(states.length);
      if (states.at(-1) === tokens.length) found.push(at - start);
      const char = chars[at];
      if (char === undefined) break;
      states = closure(advance(states, tokens, char), tokens);
    }
    return found;
  }
}

/** The states after one more character, ascending. */
function advance(states: readonly number[], tokens: readonly Token[], char: string): number[] {
  const next: number[] = [];
  for (const state of states) {
    const token = tokens[state];
    if (!token) continue;
    const target = token.star ? state : token.accepts(char) ? state + 1 : undefined;
    if (target !== undefined && next.at(-1) !== target) next.push(target);
  }
  return next;
}

/** A star may also match nothing: adds the states behind it. Ascending in, ascending out. */
function closure(states: readonly number[], tokens: readonly Token[]): number[] {
  const result: number[] = [];
  for (const state of states) {
    let next = state;
    while (next > (result.at(-1) ?? -1)) {
      result.push(next);
      if (tokens[next]?.star) next += 1;
    }
  }
  return result;
}

function literalText(pieces: readonly PatternPiece[]): string | undefined {
  let text = "";
  for (const piece of pieces) {
    if (!piece.quoted && /[*?[\\(]/.test(piece.text)) return undefined;
    text += piece.text;
  }
  return text;
}

function compile(pieces: readonly PatternPiece[]): Token[] {
  const chars = pieces.flatMap(({ text, quoted }) => Array.from(text, (char) => ({ char, quoted })));
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const { char, quoted } = chars[at] ?? { char: "", quoted: true };
    const next = chars[at + 1];
    if (!quoted && "?*+@!".includes(char) && next?.char === "(" && !next.quoted) {
      throw new NotStatic("its pattern is an extended one");
    }
    if (!quoted && char === "*") {
      if (!tokens.at(-1)?.star) tokens.push({ star: true });
    } else if (!quoted && char === "?") {
      tokens.push({ star: false, accepts: () => true });
    } else if (!quoted && char === "[") {
      const bracket = readBracket(chars, at);
      tokens.push(bracket.token);
      at = bracket.end;
    } else if (!quoted && char === "\\" && next) {
      tokens.push({ star: false, accepts: (other) => other === next.char });
      at += 1;
    } else {
      tokens.push({ star: false, accepts: (other) => other === char });
    }
  }
  return tokens;
}

interface PatternChar {
  readonly char: string;
  readonly quoted: boolean;
}

/** POSIX' classes of characters, as far as ASCII goes. */
export const characterClasses: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  digit: /[0-9]/,
  lower: /[a-z]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** Bash's patterns have one more. */
const globClasses: typeof characterClasses = { ...characterClasses, word: /[A-Za-z0-9_]/ };

/** `[…]`; one that isn't closed is a plain bracket. */
function readBracket(chars: readonly PatternChar[], start: number): { token: Token; end: number } {
  let at = start + 1;
  const negated = isBare(chars[at], "!") || isBare(chars[at], "^");
  if (negated) at += 1;
  const tests: ((char: string) => boolean)[] = [];
  for (let first = true; ; first = false) {
    const current = chars[at];
    if (!current) return { token: { star: false, accepts: (char) => char === "[" }, end: start };
    if (isBare(current, "]") && !first) break;
    if (isBare(current, "[") && /[:.=]/.test(chars[at + 1]?.char ?? "")) {
      const named = readClass(chars, at);
      tests.push((char) => named.test.test(char));
      at = named.end + 1;
      continue;
    }
    if (tests.length > 100 || isBare(current, "\\")) throw new NotStatic("its pattern isn't understood");
    const upTo = chars[at + 2];
    if (isBare(chars[at + 1], "-") && upTo && !isBare(upTo, "]")) {
      if (!/^[\x20-\x7e]{2}$/.test(current.char + upTo.char))
        throw new NotStatic("its pattern depends on the locale");
      tests.push((char) => char >= current.char && char <= upTo.char && char.length === 1);
      at += 3;
    } else {
      tests.push((char) => char === current.char);
      at += 1;
    }
  }
  const accepts = (char: string): boolean => tests.some((test) => test(char)) !== negated;
  return { token: { star: false, accepts }, end: at };
}

function readClass(chars: readonly PatternChar[], start: number): { test: RegExp; end: number } {
  let end = start + 2;
  while (end < chars.length && end < start + 12 && chars[end]?.char !== "]") end += 1;
  const text = chars
    .slice(start, end + 1)
    .map(({ char }) => char)
    .join("");
  const test = globClasses[/^\[:([a-z]+):\]$/.exec(text)?.[1] ?? ""];
  if (!test) throw new NotStatic("its pattern isn't understood");
  return { test, end };
}

function isBare(char: PatternChar | undefined, expected: string): boolean {
  return char?.char === expected && !char.quoted;
}
