import type { Comment, FunctionDefinition, Redirection } from "./syntax.ts";

/** Why a text isn't taken for a script: bash would refuse it, or read it in a way that we don't vouch for. */
export interface Problem {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** Thrown while reading, and turned into the recipe's problem; nobody outside this room sees it. */
export class Unreadable extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A here-document whose operator was read and whose content begins after this line's end. */
export interface PendingDocument {
  readonly delimiter: string;
  readonly literal: boolean;
  readonly stripTabs: boolean;
  readonly redirection: { -readonly [key in keyof Redirection]: Redirection[key] };
}

const deepestNesting = 100;

interface Start {
  readonly line?: number;
  readonly depth?: number;
  readonly skims?: boolean;
}

/** A place in a text, moving forward. */
export class Cursor {
  readonly text: string;
  readonly comments: Comment[] = [];
  /** In the order in which they begin, nested ones too. */
  readonly functions: FunctionDefinition[] = [];
  /** Bodies of functions are read where they are asked for. */
  readonly skims: boolean;
  at = 0;
  pendingDocuments: PendingDocument[] = [];
  #depth: number;
  readonly #firstLine: number;
  #lineStarts: number[] | undefined;
  /** Where the line was found that was asked for last: the next one is mostly near. */
  #lastLine = 0;

  /** A text inside another (between backticks) begins at that one's line and nesting. */
  constructor(text: string, { line = 1, depth = 0, skims = false }: Start = {}) {
    this.text = text;
    this.skims = skims;
    this.#firstLine = line;
    this.#depth = depth;
  }

  get depth(): number {
    return this.#depth;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here, or "" at the end. */
  get char(): string {
    return this.text[this.at] ?? "";
  }

  get line(): number {
    this.#lineStarts ??= lineStarts(this.text);
    return this.#firstLine + this.#lineIndex(this.#lineStarts, this.at);
  }

  /** Takes over what was found in a text inside of this one. */
  addFindings({ comments, functions }: Cursor): void {
    for (const comment of comments) this.comments.push(comment);
    for (const definition of functions) this.functions.push(definition);
  }

  sees(token: string): boolean {
    return this.text.startsWith(token, this.at);
  }

  /** Steps over the token where it stands here. */
  skip(token: string): boolean {
    if (!this.sees(token)) return false;
    this.at += token.length;
    return true;
  }

  expect(token: string, inside: string): void {
    if (!this.skip(token)) this.fail(`${inside} misses its ${token}`);
  }

  /** What a sticky expression matches here, stepped over. */
  take(pattern: RegExp): string {
    const { at, text } = this;
    pattern.lastIndex = at;
    if (!pattern.test(text)) return "";
    this.at = pattern.lastIndex;
    return text.slice(at, this.at);
  }

  /** What a sticky expression matches here. */
  peek(pattern: RegExp): string {
    return this.stands(pattern) ? this.text.slice(this.at, pattern.lastIndex) : "";
  }

  /** Whether a sticky expression matches here. */
  stands(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    return pattern.test(this.text);
  }

  /** Reads something that may hold its own kind again; the depth is bounded, as texts come from strangers. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepestNesting) this.fail(`nested more than ${deepestNesting} levels deep`);
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #lineIndex(starts: readonly number[], at: number): number {
    let index = this.#lastLine;
    if (at < starts[index]!) index = lastAtMost(starts, at);
    while (index + 1 < starts.length && starts[index + 1]! <= at) index += 1;
    this.#lastLine = index;
    return index;
  }

  fail(message: string, at = this.at): never {
    const { line, column } = this.#place(at);
    throw new Unreadable({ message, line, column });
  }

  #place(at: number): { line: number; column: number } {
    this.#lineStarts ??= lineStarts(this.text);
    const index = this.#lineIndex(this.#lineStarts, at);
    return { line: this.#firstLine + index, column: at - (this.#lineStarts[index] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the last of these ascending numbers that is at most `limit`. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
