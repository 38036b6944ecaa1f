import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import type { Script } from "../../pkgbuild/grammar/syntax.ts";
import type { Pkgbuild } from "../files/side.ts";
import { sameForms, type Written } from "./variables.ts";
import { replacedAlone, type Replacement } from "../versions/version-text.ts";

interface Writing {
  readonly before: ReadonlyMap<string, Written>;
  readonly after: ReadonlyMap<string, Written>;
}

/** The assignments of a variable that has several. */
interface Several {
  readonly old: readonly string[];
  readonly now: readonly string[];
  readonly isLooped: boolean;
  /** Whether there is code at top level that could get what isn't there in the end. */
  readonly codeRuns: boolean;
  readonly replacements: readonly Replacement[];
}

/**
 * Variables that hold something else for a while, whatever they come to in the end: code that stands between two
 * assignments gets what the first one says. The new version alone, and checksums for checksums, are no such thing.
 */
export function intermediateChanges(
  before: Pkgbuild,
  after: Pkgbuild,
  written: Writing,
  { codeRuns, replacements }: Pick<Several, "codeRuns" | "replacements">,
): Set<string> {
  const looped = new Set([...loopNames(before.recipe.script), ...loopNames(after.recipe.script)]);
  const several = [...new Set([...written.before.keys(), ...written.after.keys()])].filter((name) => {
    const counts = [written.before, written.after].map((side) => side.get(name)?.forms.length ?? 0);
    return looped.has(name) || Math.max(...counts) > 1;
  });
  const found = new Set(
    several.filter((name) => {
      const [old, now] = [written.before, written.after].map((side) => side.get(name)?.forms ?? []);
      if (!old || !now || sameForms(old, now)) return false;
      return !isExplained(name, { old, now, isLooped: looped.has(name), codeRuns, replacements });
    }),
  );
  const all = new Set(several);
  return reachedFrom(found, written, (name) => all.has(name));
}

/** These, and what is made of them over any number of steps. */
export function withReaders(names: ReadonlySet<string>, written: Writing): Set<string> {
  return reachedFrom(names, written, () => true);
}

function reachedFrom(
  names: ReadonlySet<string>,
  { before, after }: Writing,
  counts: (name: string) => boolean,
): Set<string> {
  const readers = new Map<string, Set<string>>();
  for (const [name, { reads }] of names.size === 0 ? [] : [...before, ...after]) {
    for (const read of reads) readers.set(read, (readers.get(read) ?? new Set()).add(name));
  }
  const reached = new Set(names);
  // A set is gone through to its end, with what is added meanwhile.
  for (const name of reached) {
    for (const reader of readers.get(name) ?? []) if (counts(reader)) reached.add(reader);
  }
  return reached;
}

/** What is assigned last of all, and in any case, is what the variable comes to: that is compared elsewhere. */
function isExplained(name: string, { old, now, isLooped, codeRuns, replacements }: Several): boolean {
  // What is only left out can't be read by anything.
  const known = new Set(old);
  if (!codeRuns && now.length > 0 && now.every((form) => known.has(form))) return true;
  if (old.length !== now.length) return false;
  const lists = [old, now].map((forms) => forms.map((form) => plain(name, form))) as [string[], string[]];
  const last = codeRuns
    ? old.length - 1
    : Math.max(...lists.map((forms) => forms.findLastIndex((form) => !form.startsWith("+="))));
  return lists[0].every((form, at) => {
    const other = lists[1][at] ?? "";
    const stays = at >= last;
    const inAnyCase = !isLooped && !form.startsWith("?") && !other.startsWith("?");
    return (stays && inAnyCase) || isReplaced(form, other, replacements);
  });
}

/** Word by word, as lists may be long. */
function isReplaced(before: string, after: string, replacements: readonly Replacement[]): boolean {
  const [old, now] = [before.split(" "), after.split(" ")];
  const changed = old.filter((word, at) => word !== now[at]).length;
  if (old.length !== now.length || changed > mostWords) return false;
  return old.every((word, at) => replacedAlone(word, now[at] ?? "", replacements));
}

const mostWords = 300;

/** A checksum says nothing but whether a file is the right one. */
function plain(name: string, form: string): string {
  return /sums(?:_\w+)?$/.test(name)
    ? form.replaceAll(/(?<![0-9a-z])[0-9a-f]{32,128}(?![0-9a-z])/gi, "checksum")
    : form;
}

/** Loops assign to their variables, too. */
function loopNames(script: Script): Set<string> {
  const names = new Set<string>();
  walkScript(script, {
    compound(compound) {
      if (compound.kind === "for" || compound.kind === "select") names.add(compound.name);
    },
    function: () => true,
  });
  return names;
}
