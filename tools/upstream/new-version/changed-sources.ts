import { SluiceError } from "../../errors.ts";
import { parseSource, type SourceEntry } from "../../gate/sources/source-entry.ts";
import { evaluate, type Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import { type SumKind, sumKinds } from "./checksums.ts";

/** A source's checksums that no longer hold. */
export interface StaleSource {
  /** Of `source_x86_64` and `sha256sums_x86_64`; empty for those of all architectures. */
  readonly suffix: string;
  /** Its place in the array, and the array's length. */
  readonly at: number;
  readonly of: number;
  readonly entry: SourceEntry;
  /** Those that are declared with a hash; where it says SKIP, it goes on saying so. */
  readonly kinds: ReadonlySet<SumKind>;
  /** Whether its address or name changed; where it didn't, its content may have. */
  readonly moved: boolean;
}

interface Sources {
  readonly entries: readonly SourceEntry[];
  readonly sums: ReadonlyMap<SumKind, readonly string[]>;
}

/**
 * The sources whose address or name is another one in the new version. Where none is, but some are downloaded
 * from addresses that stay what they are, those may have other content now.
 *
 * @throws SluiceError `sources-unknown` where only running the recipe would tell, `sources-unchanged` where the
 * new version would be made from what the old one was made from.
 */
export function staleSources(before: Recipe, after: Recipe): StaleSource[] {
  const all = suffixesOf(after).flatMap((suffix): StaleSource[] => {
    const old = sourcesOf(before, suffix)?.entries ?? [];
    const { entries, sums } = sourcesOf(after, suffix) ?? { entries: [], sums: new Map() };
    if (old.length !== entries.length) throw unknown("the version decides how many sources there are");
    return entries.map((entry, at) => {
      const moved = entry.text !== old[at]?.text;
      return { suffix, at, of: entries.length, entry, kinds: declared(sums, at), moved };
    });
  });
  const moved = all.filter((source) => source.moved);
  const remote = all.filter(({ entry }) => entry.scheme !== "local");
  if (remote.length === 0 || remote.some((source) => source.moved)) return moved;
  const rolling = remote.filter(({ kinds, entry }) => kinds.size > 0 && !entry.vcs);
  if (rolling.length === 0) throw sourcesUnchanged();
  return [...moved, ...rolling];
}

export function sourcesUnchanged(): SluiceError {
  return new SluiceError("sources-unchanged", "None of the recipe's sources changes with its version.", {
    hint: "Write the sources with $pkgver or $_commit, or update the package by hand.",
    facts: { path: "PKGBUILD" },
    exitCode: 1,
  });
}

/** The checksums of `source` or of `source_x86_64` (suffix `_x86_64`), by kind. */
export function sumsIn(recipe: Recipe, suffix: string): ReadonlyMap<SumKind, readonly string[]> {
  return sourcesOf(recipe, suffix)?.sums ?? new Map();
}

function suffixesOf(recipe: Recipe): string[] {
  return evaluate(recipe).names.flatMap((name) => {
    const [, suffix] = /^source(|_\w+)$/.exec(name) ?? [];
    return suffix === undefined ? [] : [suffix];
  });
}

function declared(sums: Sources["sums"], at: number): ReadonlySet<SumKind> {
  return new Set([...sums].flatMap(([kind, list]) => (list[at] === "SKIP" ? [] : [kind])));
}

/** Undefined where the recipe has no such array. */
function sourcesOf(recipe: Recipe, suffix: string): Sources | undefined {
  const [first, ...others] = evaluations(recipe, suffix).map((evaluation) => read(evaluation, suffix));
  if (others.some((other) => JSON.stringify(printable(other)) !== JSON.stringify(printable(first)))) {
    throw unknown(`source${suffix} is another for each architecture`);
  }
  return first;
}

function printable(sources: Sources | undefined): unknown {
  return [sources?.entries.map(({ text }) => text), [...(sources?.sums ?? [])]];
}

/** `source_x86_64` is read on x86_64; `source` on every architecture, where it mentions which. */
function evaluations(recipe: Recipe, suffix: string): Evaluation[] {
  if (suffix !== "") return [evaluate(recipe, { carch: suffix.slice(1) })];
  if (!recipe.text.includes("CARCH")) return [evaluate(recipe)];
  return architecturesOf(recipe).map((carch) => evaluate(recipe, { carch }));
}

/** Those that the recipe is for; `any` is built on x86_64 as well as elsewhere. */
export function architecturesOf(recipe: Recipe): string[] {
  const names = texts(evaluate(recipe), "arch") ?? [];
  return names.length === 0 || names.includes("any") ? ["x86_64"] : names;
}

function read(evaluation: Evaluation, suffix: string): Sources | undefined {
  const sources = texts(evaluation, `source${suffix}`);
  if (!sources) return undefined;
  const sums = new Map<SumKind, readonly string[]>();
  for (const kind of sumKinds) {
    const list = texts(evaluation, `${kind}sums${suffix}`);
    if (!list || list.length === 0) continue;
    if (list.length !== sources.length) {
      throw unknown(`${sources.length} sources have ${list.length} ${kind}sums${suffix}`);
    }
    sums.set(kind, list);
  }
  return { entries: sources.map(parseSource), sums };
}

function texts(evaluation: Evaluation, name: string): string[] | undefined {
  const list = evaluation.list(name);
  if (list === undefined) return undefined;
  if ("known" in list) throw unknown(`${name} (${list.reason})`);
  return list.map((value) => {
    if (!value.known) throw unknown(`${name} (${value.reason})`);
    return value.text;
  });
}

function unknown(reason: string): SluiceError {
  return new SluiceError(
    "sources-unknown",
    `The recipe's sources aren't known without running it: ${reason}.`,
    {
      hint: "Update the package by hand.",
      facts: { path: "PKGBUILD", reason },
      exitCode: 1,
    },
  );
}
