import type { Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import { isSignature, parseSource, type SourceEntry } from "./source-entry.ts";

/** Weakest first; what a hash of the kind looks like. */
export const checksumKinds = {
  ck: /^\d{1,10}$/,
  md5: /^[0-9a-f]{32}$/i,
  sha1: /^[0-9a-f]{40}$/i,
  sha224: /^[0-9a-f]{56}$/i,
  sha256: /^[0-9a-f]{64}$/i,
  sha384: /^[0-9a-f]{96}$/i,
  sha512: /^[0-9a-f]{128}$/i,
  b2: /^[0-9a-f]{128}$/i,
} as const;

export type Kind = keyof typeof checksumKinds;

const strength: Readonly<Record<Kind, number>> = {
  ck: 1,
  md5: 2,
  sha1: 3,
  sha224: 4,
  sha256: 5,
  sha384: 6,
  sha512: 7,
  b2: 7,
};

export const kinds = Object.keys(checksumKinds) as Kind[];

/** The sources of one architecture, and what they are checked by. */
export interface Checked {
  readonly sources: readonly (SourceEntry | undefined)[] | undefined;
  /** By kind the checksums in order; an entry that isn't known is undefined. */
  readonly sums: ReadonlyMap<Kind, readonly (string | undefined)[]>;
}

/** `` and `_x86_64` of `sha256sums` and `source_x86_64`. */
export function suffixesOf(...evaluations: readonly Evaluation[]): Set<string> {
  const found = new Set<string>();
  for (const { names } of evaluations) {
    for (const name of names) {
      const [, suffix] =
        /^(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(|_\w+)$/.exec(name) ?? [];
      if (suffix !== undefined) found.add(suffix);
    }
  }
  return found;
}

export function readChecksums(evaluation: Evaluation, suffix: string): Checked {
  const sums = new Map<Kind, readonly (string | undefined)[]>();
  for (const kind of kinds) {
    const list = listedTexts(evaluation, `${kind}sums${suffix}`);
    if (list && list.length > 0) sums.set(kind, list);
  }
  const sources = listedTexts(evaluation, `source${suffix}`);
  return { sources: sources?.map((text) => (text === undefined ? undefined : parseSource(text))), sums };
}

/** Undefined where there is no such list or nothing of it is known; so is an entry that isn't known. */
export function listedTexts(evaluation: Evaluation, name: string): (string | undefined)[] | undefined {
  const list = evaluation.list(name);
  if (list === undefined || "known" in list) return undefined;
  return list.map((value) => (value.known ? value.text : undefined));
}

export function isKnown(evaluation: Evaluation, name: string): boolean {
  const list = evaluation.list(name);
  return list === undefined || (!("known" in list) && list.every((value) => value.known));
}

/** Of the best checksum that a source has; 0 where it has none. */
export function strengthAt({ sums }: Checked, at: number): number {
  let best = 0;
  for (const [kind, list] of sums) {
    const sum = list[at];
    // What isn't known is written as it was, and comes to whatever it came to.
    if (at < list.length && sum !== "SKIP" && sum !== "") best = Math.max(best, strength[kind]);
  }
  return best;
}

/** Every source is checked at least as well as before, and none by less than SHA-256. */
export function isStronger(old: Checked, now: Checked): boolean {
  const count = now.sources?.length ?? -1;
  if (count !== old.sources?.length || now.sums.size === 0) return false;
  const isComplete = [...now.sums.values()].every((sums) => sums.length === count);
  const isStrong = [...now.sums.keys()].every((kind) => strength[kind] >= strength.sha256);
  const isChecked = [...now.sums].every(
    ([kind, sums]) =>
      old.sums.has(kind) || sums.every((sum, at) => sum !== "SKIP" || isUnchecked(now.sources?.[at])),
  );
  return (
    isComplete &&
    isStrong &&
    isChecked &&
    now.sources!.every((_, at) => strengthAt(now, at) >= strengthAt(old, at))
  );
}

/** Sources that may well have no checksum. */
export function isUnchecked(source: SourceEntry | undefined): boolean {
  return source !== undefined && (source.vcs !== undefined || isSignature(source));
}
