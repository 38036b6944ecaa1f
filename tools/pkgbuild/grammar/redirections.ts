import { skipBlanks } from "./blanks.ts";
import type { Cursor } from "./cursor.ts";
import type { Redirection, Word } from "./syntax.ts";
import { readWord } from "./words.ts";

const redirection = /(\d*|\{[A-Za-z_]\w*\})(<<<|<<-|<<|<>|<&|>>|>\||>&|<(?!\()|>(?!\())|(&>>|&>)/y;

/** Reads a redirection where one stands here; a here-document's content follows at the line's end. */
export function readRedirection(cursor: Cursor): Redirection | undefined {
  if (!"0123456789{<>&".includes(cursor.char || " ")) return undefined;
  redirection.lastIndex = cursor.at;
  const [whole, descriptor = "", operator, both] = redirection.exec(cursor.text) ?? [];
  if (whole === undefined) return undefined;
  const { line } = cursor;
  cursor.at += whole.length;
  skipBlanks(cursor);
  const { at } = cursor;
  const target = readWord(cursor);
  if (cursor.at === at) cursor.fail("a redirection without a target");
  const result = { descriptor, operator: operator ?? both ?? "", target, document: undefined, line };
  if (result.operator.startsWith("<<") && result.operator !== "<<<") awaitDocument(cursor, result);
  return result;
}

/** Reads the redirections behind a compound command. */
export function readRedirections(cursor: Cursor): Redirection[] {
  const result: Redirection[] = [];
  for (;;) {
    skipBlanks(cursor);
    const next = readRedirection(cursor);
    if (!next) return result;
    result.push(next);
  }
}

function awaitDocument(cursor: Cursor, redirection: Redirection): void {
  const { text: delimiter, quoted } = delimiterOf(cursor, redirection.target);
  const stripTabs = redirection.operator === "<<-";
  cursor.pendingDocuments.push({ delimiter, literal: quoted, stripTabs, redirection });
}

function delimiterOf(cursor: Cursor, { parts }: Word): { text: string; quoted: boolean } {
  const [only] = parts;
  if (parts.length !== 1 || only?.kind !== "literal" || only.text === "" || only.text.includes("\n")) {
    return cursor.fail("a here-document whose delimiter isn't plain");
  }
  return only;
}
