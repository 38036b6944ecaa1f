import { Cursor, type PendingDocument } from "./cursor.ts";
import type { Word } from "./syntax.ts";
import { readDocument } from "./words.ts";

/** Reads the contents of the here-documents whose operators stood on the line that has just ended. */
export function readDocuments(cursor: Cursor): void {
  const pending = cursor.pendingDocuments;
  cursor.pendingDocuments = [];
  for (const document of pending) document.redirection.document = content(cursor, document);
}

function content(cursor: Cursor, document: PendingDocument): Word {
  const { line } = cursor;
  const { at } = cursor;
  const text = lines(cursor, document).join("");
  if (document.literal) return { parts: [{ kind: "literal", text, quoted: true }], line };
  const inner = new Cursor(text, { line, depth: cursor.depth });
  const word = inner.nested(() => readDocument(inner));
  if (!inner.ended || inner.pendingDocuments.length > 0) cursor.fail("a here-document that isn't closed", at);
  cursor.addFindings(inner);
  return word;
}

/** The lines before the delimiter's, which is stepped over. A continued line is one line, as bash has it. */
function lines(cursor: Cursor, { delimiter, literal, stripTabs }: PendingDocument): string[] {
  const { at } = cursor;
  const result: string[] = [];
  while (!cursor.ended) {
    const raw = cursor.take(literal ? /[^\n]*\n?/y : /(?:[^\\\n]|\\[^])*\n?|[^]*/y);
    const joined = literal ? raw : raw.replaceAll(/\\(\n|[^])/g, (pair) => (pair === "\\\n" ? "" : pair));
    const line = stripTabs ? joined.replace(/^\t+/, "") : joined;
    if (line === delimiter || line === `${delimiter}\n`) {
      if (line.endsWith("\n")) cursor.at -= 1;
      return result;
    }
    result.push(line);
  }
  return cursor.fail(`a here-document without its closing ${delimiter}`, at);
}
