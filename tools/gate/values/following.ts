import { evaluateOnce } from "../../pkgbuild/evaluation/evaluate.ts";
import type { Assignment, Statement } from "../../pkgbuild/grammar/syntax.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Pkgbuild } from "../files/side.ts";
import { parseSource } from "../sources/source-entry.ts";
import type { Comparison } from "./comparison.ts";
import { readsBehind } from "./variables.ts";

export const followingRules = {
  "stays-behind": {
    severity: "review",
    says: "what followed the version doesn't any more",
    protects: "An old release under a new version brings back its holes, and users believe them closed.",
  },
} as const satisfies Rules;

const finding = findingsOf(followingRules);

/**
 * What was made of others (`_tag=v$pkgver`, `pkgver=$_major.$_minor`) has to come to what the accepted recipe makes of
 * the new values. Where the accepted one would have moved on and the new one doesn't say the same, something stays
 * at an old version, by itself or while its number moves alone.
 */
export function judgeFollowing({ before, after, written, architectures }: Comparison): Finding[] {
  const conditional = new Set(
    [before, after].flatMap(({ recipe }) =>
      recipe.assignments.flatMap((one) => (one.conditional || one.index ? [one.name] : [])),
    ),
  );
  const roots = [...written.before].flatMap(([name, { forms, reads }]) => {
    const now = written.after.get(name);
    if (!now || conditional.has(name) || now.forms.length !== forms.length) return [];
    const readsSame = reads.size === now.reads.size && [...reads].every((read) => now.reads.has(read));
    // `pkgver=$_series.14` may become `pkgver=$_series.15`.
    const isRoot = readsSame && (reads.size === 0 || name === "pkgver");
    return isRoot && now.forms.join("\n") !== forms.join("\n") ? [name] : [];
  });
  const derived = [...written.before].filter(
    ([name, { reads }]) => reads.size > 0 && !/sums(?:_|$)/.test(name),
  );
  if (derived.length === 0) return [];
  const parts = [...(written.before.get("pkgver")?.reads ?? [])];
  const isLoose = parts.some((read) => !written.after.get("pkgver")?.reads.has(read));
  const script = withValues(before, after, new Set(roots));
  const found = new Map<string, Finding>();
  for (const carch of architectures) {
    const predicted = evaluateOnce({ ...before.recipe, script }, { carch, clean: false });
    const [old, now] = [before.evaluation(carch), after.evaluation(carch)];
    for (const [name] of derived) {
      const texts = [old, predicted, now].map((side) => knownTexts(side, name));
      const [was, expected, is] = texts;
      if (!was || !expected || !is || found.has(name)) continue;
      // A version that reads its parts still is what they make; one that doesn't leaves them behind.
      if (name === "pkgver" && !isLoose) continue;
      const behind = /^source(?:_|$)/.test(name)
        ? sourceBehind(was, expected, is)
        : expected.find((text) => (name === "pkgver" || !was.includes(text)) && !is.includes(text));
      if (behind === undefined) continue;
      const line = written.after.get(name)?.line;
      found.set(
        name,
        finding("stays-behind", name, {
          file: "PKGBUILD",
          ...(line !== undefined && { line }),
          before: behind,
          after: is.join("\n"),
        }),
      );
    }
  }
  for (const one of settledEarly({ before, after, written })) found.set(one.message, one);
  return [...found.values()];
}

/** Where `pkgver()` makes another version yet, what is written out now keeps the one of today. */
function settledEarly({
  before,
  after,
  written,
}: Pick<Comparison, "before" | "after" | "written">): Finding[] {
  if (!after.recipe.functions.has("pkgver") || !before.recipe.functions.has("pkgver")) return [];
  return [...written.before.keys()].flatMap((name) => {
    const [old, now] = [written.before, written.after].map((side) => readsBehind(name, side));
    if (!old!.has("pkgver") || now!.has("pkgver") || !written.after.has(name)) return [];
    return [finding("stays-behind", name, { file: "PKGBUILD", line: written.after.get(name)!.line })];
  });
}

/** The accepted recipe's statements with the new one's values of some variables, assignment by assignment. */
function withValues(before: Pkgbuild, after: Pkgbuild, names: ReadonlySet<string>) {
  const values = new Map<string, Assignment["value"][]>();
  for (const { function: inside, name, value } of after.recipe.assignments) {
    if (inside === undefined && names.has(name)) values.set(name, [...(values.get(name) ?? []), value]);
  }
  const statements = before.recipe.script.statements.map((statement): Statement => {
    const { command } = statement;
    if (command.kind !== "simple" || command.words.length > 0) return statement;
    const assignments = command.assignments.map((assignment) => {
      const value = values.get(assignment.name)?.shift();
      return value === undefined ? assignment : { ...assignment, value };
    });
    return { ...statement, command: { ...command, assignments } };
  });
  return { ...before.recipe.script, statements };
}

/** An address, a tag or a name to keep it under that would have moved on, and didn't. */
function sourceBehind(
  was: readonly string[],
  expected: readonly string[],
  is: readonly string[],
): string | undefined {
  if (was.length !== expected.length || is.length !== expected.length) return undefined;
  return expected.find((text, at) => {
    const [old, next, now] = [was[at]!, text, is[at]!].map(partsOf) as [string[], string[], string[]];
    return old.some((part, index) => part !== "" && next[index] !== part && now[index] === part);
  });
}

function partsOf(entry: string): string[] {
  const { name, fragment } = parseSource(entry);
  const address = entry.slice(name === undefined ? 0 : name.length + "::".length);
  return [name ?? "", fragment, address.split("#")[0]!];
}

function knownTexts(side: ReturnType<Pkgbuild["evaluation"]>, name: string): readonly string[] | undefined {
  const list = side.list(name);
  if (list === undefined || "known" in list) return undefined;
  const texts = list.flatMap((value) => (value.known ? [value.text] : []));
  return texts.length === list.length ? texts : undefined;
}
