import { html, type Html } from "./html.ts";

/** One thing that a plot shows. */
export interface Bar {
  readonly value: number;
  /** What it says in words. */
  readonly label: string;
  readonly tone: "good" | "bad" | "busy" | "calm" | "warn";
  readonly href: string;
}

const height = 56;
const step = 12;

/** Bars from left to right, each a link; the tallest is the largest value. */
export function plot(name: string, bars: readonly Bar[]): Html {
  const largest = Math.max(1, ...bars.map(({ value }) => value));
  const drawn = bars.map(({ value, label, tone, href }, n) => {
    const tall = Math.max(2, Math.round((value / largest) * height));
    return html`<a href="${href}" aria-label="${label}"
      ><title>${label}</title>
      <rect class="hit" x="${n * step}" y="0" width="${step}" height="${height}" />
      <rect class="bar ${tone}" x="${n * step + 2}" y="${height - tall}" width="${step - 4}" height="${tall}"
    /></a>`;
  });
  const width = Math.max(1, bars.length) * step;
  return html`<div class="plot" role="group" aria-label="${name}" tabindex="0">
    <svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${drawn}</svg>
  </div>`;
}
