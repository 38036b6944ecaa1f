import { readAssignment } from "./assignments.ts";
import { endsWord, skipBlanks } from "./blanks.ts";
import type { Cursor } from "./cursor.ts";
import { readRedirection } from "./redirections.ts";
import type { Argument, Assignment, Redirection, SimpleCommand, Word } from "./syntax.ts";
import { readWord } from "./words.ts";

/** Builtins whose arguments may be assignments, arrays included. */
const declaring = new Set(["declare", "typeset", "local", "export", "readonly"]);

const reserved = new Set(
  "! [[ ]] { } case coproc do done elif else esac fi for function if in select then time until while".split(
    " ",
  ),
);

export function readSimple(cursor: Cursor): SimpleCommand {
  const { line, at: start } = cursor;
  const assignments: Assignment[] = [];
  const words: Argument[] = [];
  const redirections: Redirection[] = [];
  for (;;) {
    skipBlanks(cursor);
    const redirection = readRedirection(cursor);
    if (redirection) {
      redirections.push(redirection);
      continue;
    }
    if (cursor.ended || endsHere(cursor)) break;
    const assignment = words.length === 0 || declares(words) ? readAssignment(cursor) : undefined;
    if (assignment && words.length === 0) assignments.push(assignment);
    else if (assignment) words.push({ kind: "assignment", assignment });
    else words.push({ kind: "word", word: words.length === 0 ? readName(cursor) : readWord(cursor) });
  }
  if (cursor.at === start)
    cursor.fail(cursor.ended ? "a command is missing" : `an unexpected ${cursor.char}`);
  return { kind: "simple", line, assignments, words, redirections };
}

function endsHere(cursor: Cursor): boolean {
  return endsWord(cursor.char) && !cursor.stands(/[<>]\(/y);
}

function declares([first]: readonly Argument[]): boolean {
  return first?.kind === "word" && declaring.has(bareText(first.word));
}

/** Reads a command's name. A reserved word can't be one, unless it's quoted. */
function readName(cursor: Cursor): Word {
  const { at } = cursor;
  const word = readWord(cursor);
  const text = bareText(word);
  // Without extglob, `!(a)` is the negation of a subshell.
  if (word.parts.some((part) => part.kind === "extended-pattern")) cursor.fail("a pattern as a command", at);
  if (reserved.has(text)) cursor.fail(`an unexpected ${text}`, at);
  return word;
}

/** The word's text where nothing in it is quoted or expanded. */
function bareText({ parts }: Word): string {
  const [only] = parts;
  return parts.length === 1 && only?.kind === "literal" && !only.quoted ? only.text : "";
}
