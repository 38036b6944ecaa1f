/** What a variable or a list's element holds, as far as the text alone tells. */
export type Value = Known | Unknown;

export interface Known {
  readonly known: true;
  readonly text: string;
  /** Line of the recipe, from 1. */
  readonly line: number;
}

export interface Unknown {
  readonly known: false;
  /** Why not, for a person: "$(date) would have to be run". */
  readonly reason: string;
  readonly line: number;
}

export type Variable =
  | { readonly kind: "scalar"; readonly value: Value }
  /** Elements by index (a decimal number) or, in an associative array, by key. */
  | {
      readonly kind: "array";
      readonly associative: boolean;
      readonly elements: ReadonlyMap<string, Value>;
      readonly line: number;
      /** The elements' values where their keys count from zero, and all were set at once. */
      readonly listed?: readonly Value[];
    }
  /** Not even known whether it's an array, or how many elements it has. */
  | { readonly kind: "unknown"; readonly value: Unknown };

/** Thrown where evaluating would need to run something, or to know the machine; caught by the assignment. */
export class NotStatic extends Error {}

/** Thrown where it would take too long; what follows isn't evaluated any more. */
export class TooMuchWork extends NotStatic {}

/** The elements in bash's order: by index; in an associative array by where bash's hash puts them. */
export function inOrder(array: Extract<Variable, { kind: "array" }>): [string, Value][] {
  const entries = [...array.elements];
  if (!array.associative) {
    // As they mostly are.
    if (entries.every(([key], at) => Number(key) === at)) return entries;
    return entries.sort(([a], [b]) => Number(a) - Number(b));
  }
  // In each place the newest stands first.
  const places = new Map(entries.map(([key]) => [key, placeOf(key)]));
  return entries.reverse().sort(([a], [b]) => places.get(a)! - places.get(b)!);
}

/** The elements' values in the same order. */
export function valuesInOrder(array: Extract<Variable, { kind: "array" }>): readonly Value[] {
  return array.listed ?? inOrder(array).map(([, value]) => value);
}

/** A list as most are: of many of them nobody asks for one element. */
export class PlainArray {
  readonly kind = "array";
  readonly associative = false;
  readonly listed: readonly Value[];
  readonly line: number;
  #elements: ReadonlyMap<string, Value> | undefined;

  constructor(texts: readonly string[], line: number) {
    this.listed = texts.map((text) => ({ known: true, text, line }));
    this.line = line;
  }

  get elements(): ReadonlyMap<string, Value> {
    return (this.#elements ??= new Map(this.listed.map((value, at) => [String(at), value])));
  }
}

/** `hash_string` in bash's hashlib.c, for the 1,024 places that assoc.h has. */
function placeOf(key: string): number {
  let hash = 2_166_136_261;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash, 16_777_619) ^ ((byte << 24) >> 24);
  return hash & 1023;
}

export function textOf(value: Value): string {
  if (!value.known) throw new NotStatic(value.reason);
  return value.text;
}

const mostSteps = 3_000_000;
const longestText = 1_000_000;

/** Bounds work and memory, as recipes come from strangers. */
export class Budget {
  #steps = 0;

  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > mostSteps) throw new TooMuchWork("evaluating it takes too long");
  }

  /** The text itself, where it's of a bearable length. */
  hold(text: string): string {
    if (text.length > longestText) throw new NotStatic("its value is too long");
    this.spend(text.length >> 3);
    return text;
  }
}

/** What a command returned; undefined where that isn't known. */
export type Status = boolean | undefined;
