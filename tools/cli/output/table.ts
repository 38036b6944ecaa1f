import colors from "picocolors";
import { printable, useColors } from "./report.ts";

/** A table for people: a head, columns as wide as their widest cell, the last one as it comes. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const paint = colors.createColors(useColors(process.stdout));
  const cells = rows.map((row) => row.map(inOneRow));
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]!))).join("  ");
  return [paint.bold(line(head)), ...cells.map(line)].map((text) => `${text.trimEnd()}\n`).join("");
}

/** A line end in a name or a message would begin what looks like another row. */
function inOneRow(text: string): string {
  return printable(text).replaceAll("\n", "\\n");
}
