import { html, type Html } from "./html.ts";

export interface DrawnNode {
  readonly pkgbase: string;
  /** Below 0: needed by the package; above: needs it. */
  readonly level: number;
  readonly state: "good" | "bad" | "busy" | "calm";
}

interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

const row = 22;
const perColumn = 30;
const character = 7.3;
const longest = 26;
const gap = 48;

/**
 * Dependencies as a drawing: a column for each step, what is needed to the left of what needs it; long columns go on
 * in another one. Each package is a link.
 */
export function dependencyDrawing({ nodes, edges }: Drawing, hrefOf: (pkgbase: string) => string): Html {
  const { places, width, height } = layout(nodes);
  const lines = edges.flatMap(({ from, to }) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) return [];
    const [x1, x2] = [a.x + a.width, b.x];
    const middle = (x1 + x2) / 2;
    const path = `M${x1} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${x2} ${b.y}`;
    return html`<path class="edge" d="${path}" />`;
  });
  const names = nodes.map(({ pkgbase, level, state }) => {
    const { x, y, width: wide } = places.get(pkgbase)!;
    return html`<a href="${hrefOf(pkgbase)}"
      ><title>${pkgbase}</title>
      <rect
        class="node ${state} ${level === 0 && "self"}"
        x="${x}"
        y="${y - 9}"
        width="${wide}"
        height="18"
        rx="4"
      />
      <text x="${x + 6}" y="${y + 4}">${clipped(pkgbase)}</text></a
    >`;
  });
  return html`<div
    class="${edges.length > 60 ? "drawing many" : "drawing"}"
    role="group"
    aria-label="Dependencies"
    tabindex="0"
  >
    <svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${lines}${names}</svg>
  </div>`;
}

interface Place {
  readonly x: number;
  /** Of its middle. */
  readonly y: number;
  readonly width: number;
}

function layout(nodes: readonly DrawnNode[]): {
  readonly places: ReadonlyMap<string, Place>;
  readonly width: number;
  readonly height: number;
} {
  const places = new Map<string, Place>();
  const levels = [...new Set(nodes.map(({ level }) => level))].sort((a, b) => a - b);
  let x = 4;
  let tallest = 0;
  for (const level of levels) {
    const column = nodes.filter((node) => node.level === level);
    for (let start = 0; start < column.length; start += perColumn) {
      const part = column.slice(start, start + perColumn);
      const width =
        12 + Math.ceil(character * Math.max(...part.map(({ pkgbase }) => clipped(pkgbase).length)));
      for (const [n, { pkgbase }] of part.entries()) places.set(pkgbase, { x, y: 14 + n * row, width });
      tallest = Math.max(tallest, part.length);
      x += width + (start + perColumn < column.length ? 12 : gap);
    }
  }
  return { places, width: x - gap + 4, height: 28 + (tallest - 1) * row };
}

function clipped(name: string): string {
  return name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
}
