import type { SimpleCommand, Word, WordPart } from "./syntax.ts";

/** What the word is whatever happens: its text, quotes removed, where nothing in it is expanded or matched. */
export function constantText({ parts }: Word): string | undefined {
  let text = "";
  if (/\[[^]*\]|\{[^]*(?:,|\.\.)[^]*\}/.test(bareText(parts))) return undefined;
  for (const [position, part] of parts.entries()) {
    if (part.kind !== "literal") return undefined;
    if (!part.quoted && (/[*?]/.test(part.text) || (position === 0 && part.text.startsWith("~"))))
      return undefined;
    text += part.text;
  }
  return text;
}

function bareText(parts: readonly WordPart[]): string {
  return parts.map((part) => (part.kind === "literal" && !part.quoted ? part.text : "")).join("");
}

/** The program, builtin or function that a command runs, where it's a constant; "" where it runs none. */
export function commandName({ words: [first] }: SimpleCommand): string | undefined {
  if (!first) return "";
  return first.kind === "word" ? constantText(first.word) : undefined;
}
