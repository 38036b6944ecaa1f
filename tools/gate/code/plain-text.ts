import { diffArrays } from "diff";
import type { Pkgbuild } from "../files/side.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { differsInVersionsAlone } from "../versions/version-form.ts";

export const plainTextRules = {
  "hidden-expansion": {
    severity: "danger",
    says: "an expansion with quotes, escapes or a process in it",
    protects: "Its content is quoted, run or taken apart in ways that few readers of bash know.",
  },
  "not-plain": {
    severity: "review",
    says: "new text that isn't plain",
    protects: "What readers of bash may take in two ways is written with quotes, backslashes and expansions.",
  },
} as const satisfies Rules;

const finding = findingsOf(plainTextRules);

/**
 * What is new in a script must be plain: so simple that every reader of bash takes it for the same. This looks at
 * text alone, line by line, and knows nothing of what is read from it: whatever a grammar may miss, what it was
 * missed in had to be written in these characters.
 */

/** Outside quotes: no pattern, redirection, list of commands or brace, and `(` only where a list begins. */
const bare = String.raw`[A-Za-z0-9_ \t.,:/@%+=^)-]|(?<=[^ \t(])#|(?<=[A-Za-z0-9/])~|(?<=[( \t])!(?=[a-z])|(?<=^\s*[A-Za-z_]\w*\+?=)\(`;
const operand = String.raw`[A-Za-z0-9._+-]`;
/** The ways to take a version apart that recipes use, with operands that hold no expansion and no quote. */
const operators = [
  String.raw`(?:%%?|##?)(?:${operand}|[*?])+`,
  String.raw`//?${operand}+/${operand}*`,
  String.raw`//?${operand}+`,
  String.raw`:\d+(?::\d+)?|::\d+`,
  String.raw`: -\d+`,
  ",,?",
  String.raw`\^\^?`,
  String.raw`\[@\]`,
].join("|");
const expansion = String.raw`\$(?!_(?!\w))(?:[A-Za-z_]\w*|\{(?!_\W)[A-Za-z_]\w*(?:${operators})?\})`;
const doubleQuoted = String.raw`"(?:(?![<>]\()[ !#%-\[\]-_a-~]|${expansion})*"`;
const singleQuoted = String.raw`'(?:(?![<>]\()[ -&(-\[\]-_a-~])*'`;
/** The first line of a function, and what ends one. */
const header = String.raw`(?:[A-Za-z_][\w.@+-]*[ \t]*\(\)[ \t]*)?[{}]?`;
/** Editors carry out what some comments say: `vim: foldexpr=system('id')`, `-*- eval: (…) -*-`. */
const comment = String.raw`#(?!.*(?:\b(?:vim?|ex):.*[(!|\\]|\beval:|Local Variables:)).*`;
const plainLine = new RegExp(
  String.raw`^(?:[ \t]*${header}[ \t]*|(?:${bare}|${expansion}|${doubleQuoted}|${singleQuoted})*)(?:[ \t]*;;&?)?(?:(?:^|[ \t])${comment})?$`,
);

/** Whether a line by itself is plain. */
export function isPlain(line: string): boolean {
  // A description may be in any language.
  const text = line.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
  return plainLine.test(text.startsWith("pkgdesc=") ? text.replaceAll(/[^\0-\x7f]/gu, "x") : text);
}

const plainPiece = new RegExp(`${doubleQuoted}|${singleQuoted}|${expansion}`, "g");

/** Whether all that isn't plain in a line was there before, in the same places, but for the digits of a version. */
function keepsConstructs(before: string, after: string): boolean {
  const [old, now] = [before, after].map((line) =>
    line.trim().replaceAll(plainPiece, (piece) => (piece.startsWith("$") ? "\u0001" : "\u0002")),
  ) as [string, string];
  return differsInVersionsAlone(old, now);
}

/** Whether an expansion holds what no value at top level needs: a quote, an escape, a command's or a process's output. */
export function hidesInExpansion(line: string): boolean {
  return /\$\{[^}]*(?:["'`\\]|[<>$]\()/.test(line);
}

export interface UnplainLine {
  /** Of the new text, from 1. */
  readonly line: number;
  readonly text: string;
}

/** More differences than this take long to find, and then every line counts as new. */
const mostDifferences = 2_000;

/** Lines that aren't plain and aren't in the old text, byte for byte or but for the digits of a version. */
export function unplainLines(before: string, after: string): UnplainLine[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const changes = diffArrays(old, now, {
    comparator: (one, other) => one.trim() === other.trim(),
    maxEditLength: mostDifferences,
  }) ?? [
    { added: false, removed: true, value: old },
    { added: true, removed: false, value: now },
  ];
  const found: UnplainLine[] = [];
  let [line, gone]: [number, readonly string[]] = [1, []];
  for (const { added, removed, value } of changes) {
    if (removed) {
      gone = value;
      continue;
    }
    if (added) {
      for (const [at, text] of value.entries()) {
        if (isPlain(text)) continue;
        const paired = gone.length === value.length ? gone[at] : undefined;
        if (paired === undefined || !keepsConstructs(paired, text)) found.push({ line: line + at, text });
      }
    }
    line += value.length;
    gone = [];
  }
  return found;
}

/** Lines of the new text that aren't plain; in a function an expansion may hold more. */
export function judgePlainText(before: string, { text: after, recipe }: Pkgbuild): Finding[] {
  const bodies = [...recipe.functions.values()].flat();
  return unplainLines(before, after).map(({ line, text }) => {
    const inFunction = bodies.some((body) => line >= body.line && line <= body.endLine);
    const rule = !inFunction && hidesInExpansion(text) ? "hidden-expansion" : "not-plain";
    return finding(rule, text.trim().slice(0, 200), { file: "PKGBUILD", line, after: text });
  });
}
