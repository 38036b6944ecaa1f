import { diffArrays } from "diff";
import { html, type Content, type Html } from "./html.ts";

/** A file before and after; null: there is none, or it can't be shown. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

interface Row {
  readonly kind: "same" | "changed" | "removed" | "added";
  readonly before: readonly [line: number, text: string] | null;
  readonly after: readonly [line: number, text: string] | null;
}

const context = 4;
const mostRows = 2000;
const longestLine = 2000;

/** Old and new beside each other, with some lines around what changed. The texts are a stranger's: shown, never taken. */
export function difference(file: ChangedFile): Html | undefined {
  const { path, before, after } = file;
  if (before === after) return undefined;
  const rows = rowsOf(linesOf(before), linesOf(after));
  const shown = aroundChanges(rows);
  return html`<details class="file" open>
    <summary>
      ${visible(path)}${before === null && " (new)"}${after === null && " (gone, or no text)"}
    </summary>
    <div class="difference" role="region" aria-label="${visible(path)}" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Before</th>
            <th scope="col">Line</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          ${shown.slice(0, mostRows).map((row) => (row === "left out" ? leftOut : renderRow(row)))}
        </tbody>
      </table>
    </div>
    ${shown.length > mostRows && html`<p class="none">${shown.length - mostRows} more lines aren't shown.</p>`}
  </details>`;
}

const leftOut = html`<tr class="gap">
  <td colspan="4">⋯</td>
</tr>`;

function renderRow({ kind, before, after }: Row): Content {
  const side = (one: Row["before"], tone: string): Content =>
    html`<td class="${one ? "number" : "number empty"}">${one?.[0]}</td>
      <td class="${kind === "same" ? "" : one ? tone : "empty"}">${one && visible(one[1])}</td>`;
  return html`<tr class="${kind}">
    ${side(before, "old")}${side(after, "new")}
  </tr>`;
}

function linesOf(text: string | null): readonly string[] {
  if (text === null || text === "") return [];
  return text.replace(/\n$/, "").split("\n");
}

function rowsOf(before: readonly string[], after: readonly string[]): Row[] {
  const rows: Row[] = [];
  let [old, fresh] = [1, 1];
  const parts = diffArrays([...before], [...after], { maxEditLength: 2000 }) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  for (let n = 0; n < parts.length; n++) {
    const part = parts[n]!;
    const next = parts[n + 1];
    if (!part.removed && !part.added) {
      for (const text of part.value)
        rows.push({ kind: "same", before: [old++, text], after: [fresh++, text] });
      continue;
    }
    const isPair = part.removed && next?.added === true;
    const removed = part.removed ? part.value : [];
    const added = part.added ? part.value : isPair ? next.value : [];
    if (isPair) n++;
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      const [was, is] = [removed[at], added[at]];
      const kind = was === undefined ? "added" : is === undefined ? "removed" : "changed";
      rows.push({
        kind,
        before: was === undefined ? null : [old++, was],
        after: is === undefined ? null : [fresh++, is],
      });
    }
  }
  return rows;
}

function aroundChanges(rows: readonly Row[]): (Row | "left out")[] {
  const kept = new Set<number>();
  for (const [n, { kind }] of rows.entries()) {
    if (kind !== "same") for (let at = n - context; at <= n + context; at++) kept.add(at);
  }
  return rows.flatMap((row, n): (Row | "left out")[] => {
    if (kept.has(n)) return [row];
    return n === 0 || kept.has(n - 1) ? ["left out"] : [];
  });
}

/** Controls, and what hides or turns text around. */
const invisible = /(?!\t)\p{Cc}|\p{Cf}|[\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/** A stranger's text with everything in it to be seen, and no longer than somebody reads. */
export function visible(text: string): string {
  const cut = text.length > longestLine ? `${text.slice(0, longestLine)} …` : text;
  return cut.replace(
    invisible,
    (character) => `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}
