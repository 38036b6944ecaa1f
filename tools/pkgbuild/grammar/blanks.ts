import type { Cursor } from "./cursor.ts";
import { readDocuments } from "./documents.ts";

const blanks = /(?:[ \t]|\\\n)+/y;
const restOfLine = /[^\n]*/y;

/** Steps over what separates words on one line: blanks, continued lines, and a comment. */
export function skipBlanks(cursor: Cursor): void {
  for (;;) {
    const { char } = cursor;
    if (char === " " || char === "\t" || char === "\\") cursor.take(blanks);
    if (cursor.char !== "#") return;
    cursor.comments.push({ line: cursor.line, text: cursor.take(restOfLine) });
  }
}

/** Steps over empty lines and comments too, and reads the here-documents that begin after a line's end. */
export function skipLines(cursor: Cursor): void {
  for (;;) {
    skipBlanks(cursor);
    if (!cursor.skip("\n")) return;
    if (cursor.pendingDocuments.length > 0) readDocuments(cursor);
  }
}

/** Steps over this reserved word where it stands here as a word of its own. */
export function skipReserved(cursor: Cursor, word: string): boolean {
  return cursor.sees(word) && endsWord(cursor.text[cursor.at + word.length]) && cursor.skip(word);
}

export function endsWord(char: string | undefined): boolean {
  return char === undefined || " \t\n|&;()<>".includes(char);
}

/** What closes or divides a compound command and stands here; "" where nothing of the kind does. */
export function closerHere(cursor: Cursor): string {
  if (!")};tdefi".includes(cursor.char || " ")) return "";
  return cursor.peek(closer);
}

const closer = /\)|;;&|;;|;&|(?:then|do|done|fi|elif|else|esac|\})(?=[ \t\n|&;()<>]|$)/y;
