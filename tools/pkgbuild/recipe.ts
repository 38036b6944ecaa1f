import { type CodeAtReading, codeAtReading } from "./evaluation/code.ts";
import { readScript } from "./grammar/commands.ts";
import { constantText } from "./grammar/constants.ts";
import { Cursor, type Problem, Unreadable } from "./grammar/cursor.ts";
import { byName, type Functions } from "./evaluation/functions.ts";
import type { Assignment, Comment, Script } from "./grammar/syntax.ts";
import { walkScript } from "./grammar/walk.ts";

/** A PKGBUILD as its text has it; nothing was run to learn this. */
export interface Recipe {
  readonly text: string;
  readonly script: Script;
  /** In the order of the text, nested ones too; bash takes the definition that it ran last. */
  readonly functions: Functions;
  /** All assignments, those in functions too, in the order of the text. */
  readonly assignments: readonly PlacedAssignment[];
  /** What runs as soon as the file is read, before any function is called. */
  readonly code: readonly CodeAtReading[];
  readonly comments: readonly Comment[];
}

export interface PlacedAssignment extends Assignment {
  /** The function that it stands in, undefined at top level. */
  readonly function: string | undefined;
  /** It runs only under a condition, in a loop, in a subshell or for one command's environment. */
  readonly conditional: boolean;
}

/** In UTF-16 code units; real ones have less than a tenth of it. */
const longestText = 1_000_000;

export type Reading =
  | { readonly ok: true; readonly recipe: Recipe }
  /** Bash would refuse the text, or may read it in another way than we do. */
  | { readonly ok: false; readonly problem: Problem };

/**
 * Reads a PKGBUILD, or an install scriptlet, without running anything of it. The text must be what its bytes
 * are in UTF-8: their decoder has to refuse what isn't. A text that isn't wholly understood is not
 * read in part.
 */
export function readPkgbuild(text: string): Reading {
  const known = recent.get(text);
  return (
    known ??
    remember(
      text,
      unlessUnreadable(() => ({ ok: true, recipe: recipeIn(text, false) })),
    )
  );
}

/** In UTF-16 code units, of all texts together: their trees take about fifty times as much. */
const mostRemembered = 1_000_000;
/** A judgement reads the same texts in several places, and so does the second reading before it. */
const recent = new Map<string, Reading>();
let remembered = 0;

function remember(text: string, reading: Reading): Reading {
  if (text.length > mostRemembered / 4) return reading;
  recent.set(text, reading);
  remembered += text.length;
  for (const oldest of recent.keys()) {
    if (remembered <= mostRemembered) break;
    recent.delete(oldest);
    remembered -= oldest.length;
  }
  return reading;
}

/**
 * For who reads thousands of texts, each once, and of few functions more than their names. Bodies of functions are
 * read where `use` comes by them, and their comments never: a text of which it sees nothing that isn't understood
 * counts as understood. Not for judging a recipe.
 */
export function skimPkgbuild<T>(
  text: string,
  use: (recipe: Recipe) => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem } {
  return unlessUnreadable(() => ({ ok: true, value: use(recipeIn(text, true)) }));
}

function recipeIn(text: string, skims: boolean): Recipe {
  const cursor = new Cursor(text, { skims });
  if (text.length > longestText) cursor.fail("longer than any recipe needs", longestText);
  const nul = text.indexOf("\0");
  if (nul !== -1) cursor.fail("a NUL, which bash skips", nul);
  const script = readScript(cursor, []);
  if (cursor.pendingDocuments.length > 0) cursor.fail("a here-document that isn't closed");
  if (!skims) refuseKeywords(script);
  return new ReadRecipe(script, cursor);
}

/**
 * With `set -k`, words like `A=b` set variables of programs wherever they stand, but not where they are quoted: then
 * quotes mean something that the syntax doesn't tell.
 */
function refuseKeywords(script: Script): void {
  walkScript(script, {
    function: () => true,
    simple({ words, line }) {
      const texts = words.map((argument) =>
        argument.kind === "word" ? (constantText(argument.word) ?? "") : "",
      );
      const at = texts.indexOf("set");
      if (at !== -1 && texts.slice(at + 1).some((text) => /^-[A-Za-z]*k|^keyword$/.test(text)))
        throw new Unreadable({ message: "set -k, which makes assignments of words", line, column: 1 });
    },
  });
}

function unlessUnreadable<T>(read: () => T): T | { readonly ok: false; readonly problem: Problem } {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.problem };
    throw error;
  }
}

/**
 * What not every reader asks for is found out when it's asked for. A class, as V8 gives each object that has getters of
 * its own a shape of its own, which outlives it.
 */
class ReadRecipe implements Recipe {
  readonly text: string;
  readonly script: Script;
  readonly functions: Functions;
  readonly comments: readonly Comment[];
  #assignments: readonly PlacedAssignment[] | undefined;
  #code: readonly CodeAtReading[] | undefined;

  constructor(script: Script, { text, comments, functions }: Cursor) {
    this.text = text;
    this.script = script;
    this.functions = byName(functions);
    this.comments = comments;
  }

  get assignments(): readonly PlacedAssignment[] {
    return (this.#assignments ??= placeAssignments(this.script));
  }

  get code(): readonly CodeAtReading[] {
    return (this.#code ??= codeAtReading(this.script, this.text));
  }
}

function placeAssignments(script: Script, inside?: string): PlacedAssignment[] {
  const direct = new Set<Assignment>();
  for (const { command, background } of script.statements) {
    if (command.kind !== "simple" || background) continue;
    if (command.words.length === 0) command.assignments.forEach((assignment) => direct.add(assignment));
    for (const word of command.words) if (word.kind === "assignment") direct.add(word.assignment);
  }
  const placed: PlacedAssignment[] = [];
  walkScript(script, {
    assignment: (assignment) =>
      void placed.push({ ...assignment, function: inside, conditional: !direct.has(assignment) }),
    function({ name, body }) {
      const { compound } = body;
      if (compound.kind === "group") {
        for (const assignment of placeAssignments(compound.body, name)) placed.push(assignment);
      }
      return compound.kind !== "group";
    },
  });
  return placed;
}
