/**
 * The section of a version, without its heading: `## v1.0.5`, `## 1.0.5 (2026-07-24)` and `## [1.0.5] - 2026-07-24` all
 * head it, at any level. It ends at the next heading of that level or above. Undefined where there is none.
 */
export function changelogSection(text: string, version: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const isFenced = fencedLines(lines);
  const start = lines.findIndex((line, at) => !isFenced[at] && versionOfHeading(line) === version);
  if (start === -1) return undefined;
  const level = levelOf(lines[start]!);
  const after = lines.slice(start + 1);
  const end = after.findIndex((line, at) => {
    const other = levelOf(line);
    return !isFenced[start + 1 + at] && other > 0 && other <= level;
  });
  return after
    .slice(0, end === -1 ? undefined : end)
    .join("\n")
    .trim();
}

function levelOf(line: string): number {
  return /^(#{1,6})\s/.exec(line)?.[1]!.length ?? 0;
}

function versionOfHeading(line: string): string | undefined {
  return /^#{1,6}\s+\[?v?(\d[0-9A-Za-z.+~_-]*)(?:\]|\s|$)/.exec(line)?.[1];
}

/** What looks like a heading within a block of code is none. */
function fencedLines(lines: readonly string[]): readonly boolean[] {
  let fence: string | undefined;
  return lines.map((line) => {
    const mark = /^\s{0,3}(```+|~~~+)/.exec(line)?.[1];
    if (fence === undefined) {
      fence = mark;
      return mark !== undefined;
    }
    if (mark?.startsWith(fence)) fence = undefined;
    return true;
  });
}
