import type { Recipe } from "../recipe.ts";
import type { Statement } from "../grammar/syntax.ts";

/** Statements that begin on one line, or on one that another of them ends on: bash reads them at once. */
export type Together = readonly Statement[];

/** The statements of top level as bash reads them: up to a line's end, and whatever has to be complete before it. */
export function togetherIn({ text, script }: Recipe): Together[] {
  const groups: Statement[][] = [];
  for (const statement of script.statements) {
    const isFirst = /^[ \t]*$/.test(
      text.slice(text.lastIndexOf("\n", statement.start - 1) + 1, statement.start),
    );
    if (isFirst || groups.length === 0) groups.push([statement]);
    else groups.at(-1)?.push(statement);
  }
  return groups;
}

/**
 * The text with a command on a line of its own before everything that is read together, and one at the end. Where
 * bash prints such a command at the beginning of a line, it stood between two commands of top level: elsewhere its
 * blanks would stay (in a string, a here-document) or the line would begin with others (in a body).
 *
 * @param mark unknown to the text's author
 */
export function markedText(recipe: Recipe, mark: string): string {
  const { text } = recipe;
  const pieces: string[] = [];
  let from = 0;
  for (const [at, [first]] of togetherIn(recipe).entries()) {
    const start = text.lastIndexOf("\n", (first?.start ?? 0) - 1) + 1;
    pieces.push(text.slice(from, start), `:   ${mark}-${at}\n`);
    from = start;
  }
  pieces.push(text.slice(from), `\n:   ${mark}-end\n`);
  return pieces.join("");
}

/** What was printed before each of these marks but the first; undefined where they aren't all there, in order. */
export function betweenMarks(
  printed: string,
  names: readonly string[],
): { readonly texts: string[]; readonly end: number } | undefined {
  const texts: string[] = [];
  let at = 0;
  for (const [position, name] of names.entries()) {
    const line = `: ${name}\n`;
    const start = printed.startsWith(line, at) ? at : printed.indexOf(`\n${line}`, at) + 1;
    if (start === 0 && at > 0) return undefined;
    if (!printed.startsWith(line, start)) return undefined;
    const before = printed.slice(at, start).trim();
    if (position > 0) texts.push(before);
    else if (before !== "") return undefined;
    at = start + line.length;
  }
  return { texts, end: at };
}
