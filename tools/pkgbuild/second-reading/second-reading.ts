import { betweenMarks, markedText, togetherIn, type Together } from "./marked-text.ts";
import { normaliseCommand, normaliseScript } from "../normal-form/normalise.ts";
import { readPkgbuild, type Recipe } from "../recipe.ts";
import type { AssignedValue, Span, Statement } from "../grammar/syntax.ts";

/** How another program reads a text that our grammar has read. */
export interface SecondReading {
  /** The program and its version, for the reader of the review. */
  readonly by: string;
  /** What top level consists of, in order; undefined where both don't even agree on that. */
  readonly commands: readonly SecondCommand[] | undefined;
}

/** What bash reads at once at top level: mostly one command. */
export interface SecondCommand {
  /** From 1. */
  readonly line: number;
  /** The command without comments and layout, as the other program has it: equal where it reads the same. */
  readonly form: string;
  /** Whether our grammar reads the same from it. */
  readonly agrees: boolean;
  /** It only assigns variables. */
  readonly assigns: boolean;
}

/**
 * The text that `bash --pretty-print` gets. Behind the recipe's own commands each word that isn't plain stands as
 * the subject of a `case`: that is the one place where bash takes exactly one word.
 *
 * @param mark unknown to the recipe's author
 */
export function textForBash(recipe: Recipe, mark: string): string {
  const words = unplainWords(recipe);
  const cases = words.map((word, at) => `case ${word} in *) ;; esac\n:   ${mark}-word-${at}\n`);
  return markedText(recipe, mark) + cases.join("");
}

export interface Reader {
  /** The program and its version. */
  readonly by: string;
  /** What was compared already, and whether it says the same. */
  readonly compared: Map<string, boolean>;
}

/** What `bash --pretty-print` printed for it; undefined where it isn't all there, so that bash reads otherwise. */
export function readingOfBash(
  recipe: Recipe,
  mark: string,
  printed: string,
  { by, compared }: Reader,
): { readonly reading: SecondReading; readonly end: number } | undefined {
  const groups = togetherIn(recipe);
  const words = unplainWords(recipe);
  const names = [
    ...groups.map((_, at) => `${mark}-${at}`),
    `${mark}-end`,
    ...words.map((_, at) => `${mark}-word-${at}`),
  ];
  const found = betweenMarks(printed, names);
  if (!found) return undefined;
  const [forms, cases] = [found.texts.slice(0, groups.length), found.texts.slice(groups.length)];
  const isOneWord = words.every((word, at) => isCaseOf(word, cases[at] ?? ""));
  const commands = groups.map((group, at) => ({
    line: group[0]?.line ?? 1,
    form: forms[at] ?? "",
    agrees: saysTheSame(recipe.text.slice(group[0]?.start, groups[at + 1]?.[0]?.start).trim(), {
      group,
      printed: forms[at] ?? "",
      compared,
    }),
    assigns: group.every(({ command }) => command.kind === "simple" && command.words.length === 0),
  }));
  return { reading: { by, commands: isOneWord ? commands : undefined }, end: found.end };
}

interface Compared extends Pick<Reader, "compared"> {
  readonly group: Together;
  readonly printed: string;
}

/**
 * Two sides of an update have most of their commands in common, so each pair of texts is compared once.
 *
 * @param written with all that stands before the next command, as here-documents do
 */
function saysTheSame(written: string, { group, printed, compared }: Compared): boolean {
  if (written === printed) return true;
  const key = `${written}\0${printed}`;
  const known = compared.get(key) ?? normalForm(group) === normalFormOf(printed);
  compared.set(key, known);
  return known;
}

function normalForm(group: Together): string {
  return group
    .map(({ command, background }) => normaliseCommand(command) + (background ? " &" : ""))
    .join("; ");
}

/** What bash prints is bash again. */
function normalFormOf(printed: string): string | undefined {
  const reading = readPkgbuild(printed);
  return reading.ok ? normaliseScript(reading.recipe.script) : undefined;
}

/** Words that are assigned at top level and hold more than a name, a version, plain quotes and variables. */
function unplainWords({ text, script }: Recipe): string[] {
  const words = script.statements.flatMap((statement) =>
    spansIn(statement).map(({ start, end }) => text.slice(start, end)),
  );
  return [...new Set(words)].filter((word) => word !== "" && !plainWord.test(word));
}

const plainWord =
  /^(?:[\w@%+=:,./-]|\$\w|\$\{\w+\}|"(?:[\w @%+=:,./-]|\$\w|\$\{\w+\})*"|'[\w @%+=:,./-]*')*$/;

function spansIn({ command }: Statement): Span[] {
  if (command.kind !== "simple") return [];
  return command.assignments.flatMap(({ value }) => spansOf(value));
}

function spansOf(value: AssignedValue): Span[] {
  if (value.kind === "scalar") return value.span ? [value.span] : [];
  return value.elements.flatMap(({ span }) => (span ? [span] : []));
}

/** Bash prints most words as they stand there, but `$'…'` as what it comes to, and commands in its own layout. */
function isCaseOf(word: string, printed: string): boolean {
  const [, subject] = /^case ([^]*) in \n {4}\*\)\n\s*;;\nesac$/.exec(printed) ?? [];
  return subject === word || normalFormOf(printed) === normalFormOf(`case ${word} in *) ;; esac`);
}
