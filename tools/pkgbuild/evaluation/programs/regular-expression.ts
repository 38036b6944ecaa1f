import { characterClasses } from "../expansion/patterns.ts";
import { NotStatic } from "../values.ts";

type Piece =
  | { readonly kind: "char"; readonly accepts: (char: string) => boolean; readonly min: number; max: number }
  | { readonly kind: "open"; readonly group: number }
  | { readonly kind: "close"; readonly group: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** Where an expression matched, and its groups from the first on; a group that took no part is empty. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly string[];
}

const mostSteps = 50_000;

/**
 * A POSIX regular expression, basic as sed has it or extended as `=~` has it, of ASCII text. Characters, brackets
 * and plain groups are understood, and how often a character comes; no alternatives and no repeated groups, since
 * implementations differ in what these match.
 *
 * @throws NotStatic
 */
export class RegularExpression {
  readonly #pieces: readonly Piece[];
  readonly #groups: number;

  constructor(text: string, form: "basic" | "extended") {
    const { pieces, groups } = parse(ascii(text), form === "extended");
    this.#pieces = pieces;
    this.#groups = groups;
  }

  /** The leftmost match from `from` on, of those the longest, in it each piece in turn the longest. */
  match(text: string, from = 0): Match | undefined {
    ascii(text);
    let steps = 0;
    for (let start = from; start <= text.length; start += 1) {
      let best: Match | undefined;
      const bounds: number[] = [];
      const step = (index: number, at: number): void => {
        steps += 1;
        if (steps > mostSteps) throw new NotStatic("its regular expression takes too long");
        const piece = this.#pieces[index];
        if (!piece) {
          if (best === undefined || at > best.end)
            best = { start, end: at, groups: this.#texts(text, bounds) };
          return;
        }
        if (piece.kind === "start" || piece.kind === "end") {
          if (at === (piece.kind === "start" ? 0 : text.length)) step(index + 1, at);
          return;
        }
        if (piece.kind !== "char") {
          const slot = piece.group * 2 + (piece.kind === "open" ? 0 : 1);
          const before = bounds[slot];
          bounds[slot] = at;
          step(index + 1, at);
          bounds[slot] = before!;
          return;
        }
        let count = 0;
        while (count < piece.max && at + count < text.length && piece.accepts(text[at + count]!)) count += 1;
        for (; count >= piece.min; count -= 1) step(index + 1, at + count);
      };
      step(0, start);
      if (best) return best;
    }
    return undefined;
  }

  #texts(text: string, bounds: readonly number[]): string[] {
    return Array.from({ length: this.#groups }, (_, group) =>
      text.slice(bounds[group * 2], bounds[group * 2 + 1]),
    );
  }
}

function parse(text: string, extended: boolean): { pieces: Piece[]; groups: number } {
  const pieces: Piece[] = [];
  const open: number[] = [];
  let groups = 0;
  for (let at = 0; at < text.length;) {
    const char = text[at]!;
    const next = text[at + 1] ?? "";
    const isEscape = char === "\\";
    const token = isEscape ? next : char;
    const special = isEscape !== extended;
    at += isEscape ? 2 : 1;
    if (special && token === "(") {
      pieces.push({ kind: "open", group: groups });
      open.push(groups);
      groups += 1;
    } else if (special && token === ")") {
      const group = open.pop();
      if (group === undefined) throw unclear();
      pieces.push({ kind: "close", group });
    } else if (special && "|+?{}".includes(token)) {
      if (token === "|" || token === "}") throw unclear();
      at = repeat(pieces, token, text, at, extended);
    } else if (!isEscape && char === "*") {
      at = repeat(pieces, "*", text, at, extended);
    } else if (!isEscape && char === "^" && at === 1) {
      pieces.push({ kind: "start" });
    } else if (!isEscape && char === "$" && at === text.length) {
      pieces.push({ kind: "end" });
    } else if (!isEscape && (char === "^" || char === "$")) {
      throw unclear();
    } else if (!isEscape && char === "[") {
      const bracket = readBracket(text, at);
      pieces.push(once(bracket.accepts));
      at = bracket.end;
    } else if (!isEscape && char === ".") {
      pieces.push(once(() => true));
    } else if (isEscape && /^[A-Za-z0-9<>'`\n]?$/.test(next)) {
      throw unclear();
    } else {
      pieces.push(once((other) => other === token));
    }
  }
  if (open.length > 0) throw unclear();
  return { pieces, groups };
}

function once(accepts: (char: string) => boolean): Piece {
  return { kind: "char", accepts, min: 1, max: 1 };
}

/** Lets the character before come several times; returns where the sign for it ends. */
function repeat(pieces: Piece[], sign: string, text: string, at: number, extended: boolean): number {
  const last = pieces.pop();
  // What stands first, or behind another sign, is read in different ways.
  if (last?.kind !== "char" || last.min !== 1 || last.max !== 1) throw unclear();
  const interval = extended ? /(\d{1,3})(,?)(\d{0,3})\}/y : /(\d{1,3})(,?)(\d{0,3})\\\}/y;
  interval.lastIndex = at;
  const [whole, low, comma, high] = (sign === "{" && interval.exec(text)) || [];
  if (sign === "{" && whole === undefined) throw unclear();
  const [min, max] =
    sign === "{"
      ? [Number(low), comma === "" ? Number(low) : high === "" ? Infinity : Number(high)]
      : [sign === "+" ? 1 : 0, sign === "?" ? 1 : Infinity];
  pieces.push({ ...last, min, max });
  return at + (whole?.length ?? 0);
}

/** What stands behind `[`. */
function readBracket(text: string, start: number): { accepts: (char: string) => boolean; end: number } {
  let at = start;
  const negated = text[at] === "^";
  if (negated) at += 1;
  const tests: ((char: string) => boolean)[] = [];
  for (let first = true; first || text[at] !== "]"; first = false) {
    const [char, sign, upTo] = [text[at], text[at + 1], text[at + 2]];
    // sed takes some escapes for characters here, others not.
    if (char === undefined || char === "\\") throw unclear();
    if (char === "[" && sign !== undefined && ":.=".includes(sign)) {
      const [whole, name = ""] = /^\[:([a-z]+):\]/.exec(text.slice(at, at + 12)) ?? [];
      const known = characterClasses[name];
      if (whole === undefined || !known) throw unclear();
      tests.push((other) => known.test(other));
      at += whole.length;
    } else if (sign === "-" && upTo !== undefined && upTo !== "]") {
      // Between these, the order is the same in every locale.
      if (!/^(?:[0-9]{2}|[a-z]{2}|[A-Z]{2})$/.test(char + upTo)) throw unclear();
      tests.push((other) => other >= char && other <= upTo);
      at += 3;
    } else {
      tests.push((other) => other === char);
      at += 1;
    }
  }
  return { accepts: (other) => tests.some((test) => test(other)) !== negated, end: at + 1 };
}

function ascii(text: string): string {
  if (/[^\t\n\x20-\x7e]/.test(text)) throw new NotStatic("a regular expression that depends on the locale");
  return text;
}

function unclear(): NotStatic {
  return new NotStatic("its regular expression isn't understood");
}
