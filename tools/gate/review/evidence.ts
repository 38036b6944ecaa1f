/** One kind of evidence about a held update, for a person to read. */
export interface EvidenceSection {
  /** `Packages`, `Source`, `History`. */
  readonly title: string;
  /** What to look at first, a sentence each, the gravest first; shown at the top of the review. */
  readonly first: readonly string[];
  /** All facts, a line each. Texts of packages and upstreams are inert (see inert.ts) before they get here. */
  readonly lines: readonly string[];
}

/** UTF-16 code units that are left for evidence in a review's text, however many findings there are. */
export const roomOfEvidence = 15_000;
const roomForFirst = 5000;

/** What to look at first as Markdown, of all sections; nothing for nothing. */
export function lookAtFirst(sections: readonly EvidenceSection[]): string {
  const sentences = sections.flatMap(({ first }) => first);
  if (sentences.length === 0) return "";
  const { shown, left } = fitting(sentences, roomForFirst);
  const more = left > 0 ? [`- … and ${left} more, below`] : [];
  return ["### Look at first", "", ...shown, ...more].join("\n");
}

/**
 * Each section folded, in Markdown. They share the room: what one doesn't need is for those after it, and what doesn't
 * fit is counted.
 *
 * @param room in UTF-16 code units
 */
export function foldedSections(sections: readonly EvidenceSection[], room: number): string {
  const parts: string[] = [];
  let free = room;
  for (const [index, { title, lines }] of sections.entries()) {
    const frame = title.length + 150;
    const share = Math.floor(free / (sections.length - index)) - frame;
    if (lines.length === 0) continue;
    const { shown, left } = fitting(lines, Math.max(0, share));
    const cut = left > 0 ? [`- **${left} more** left out here, because a review's text is limited.`] : [];
    const part = `<details><summary>${title} (${lines.length})</summary>\n\n${[...shown, ...cut].join("\n")}\n\n</details>`;
    if (part.length > free) continue;
    parts.push(part);
    free -= part.length + 2;
  }
  return parts.join("\n\n");
}

function fitting(lines: readonly string[], room: number): { shown: readonly string[]; left: number } {
  const shown: string[] = [];
  let free = room;
  for (const line of lines) {
    const item = `- ${line}`;
    // Cut within a line, it could end a code span too early.
    if (item.length + 1 > free) break;
    shown.push(item);
    free -= item.length + 1;
  }
  return { shown, left: lines.length - shown.length };
}
