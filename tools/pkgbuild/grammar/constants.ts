import type { SimpleCommand, Word, WordPart } from "./syntax.ts";

/** What the word is whatever happens: its text, quotes removed, where nothing in it is expanded or matched. */
export function constantText({ parts }: Word): string | undefined {
  let text = "";
  const bare = bareText(parts);
  if (matchesFiles(bare) || hasBraces(bare)) return undefined;
  for (const [position, part] of parts.entries()) {
    if (part.kind !== "literal") return undefined;
    if (position === 0 && !part.quoted && part.text.startsWith("~")) return undefined;
    text += part.text;
  }
  return text;
}

/** Whether unquoted text is a pattern, for which bash looks for file names. */
export function matchesFiles(bare: string): boolean {
  const open = bare.indexOf("[");
  return /[*?]/.test(bare) || (open !== -1 && bare.includes("]", open));
}

/** Whether unquoted text has braces that bash may expand. */
export function hasBraces(bare: string): boolean {
  const open = bare.indexOf("{");
  return open !== -1 && /,|\.\./.test(bare.slice(open, Math.max(open, bare.lastIndexOf("}"))));
}

export function bareText(parts: readonly WordPart[]): string {
  return parts.map((part) => (part.kind === "literal" && !part.quoted ? part.text : "")).join("");
}

/** The program, builtin or function that a command runs, where it's a constant; "" where it runs none. */
export function commandName({ words: [first] }: SimpleCommand): string | undefined {
  if (!first) return "";
  return first.kind === "word" ? constantText(first.word) : undefined;
}
