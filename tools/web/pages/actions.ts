import { html, type Content } from "../markup/html.ts";

/** What somebody may ask for on a page. */
export interface Offer {
  readonly action: "build" | "cancel" | "set-aside" | "hold" | "drain";
  /** A pkgbase or a builder's name. */
  readonly of: string;
  readonly label: string;
  readonly undo?: true;
}

/**
 * Where the script puts buttons for those who have a token, once on a page; without scripts there is the command line
 * that does the same.
 */
export function actionsFor(offers: readonly Offer[], address: string): Content {
  // A name that somebody made up begins no line of its own.
  const lines = offers.map(
    (offer) => `# ${offer.label.replaceAll(/\s/g, " ")}\n${commandFor(offer, address)}\n`,
  );
  const without = html`<noscript>
    <p>With a token that <code>sluice token make NAME</code> prints, a command line can change something:</p>
    <pre tabindex="0">${lines}</pre>
  </noscript>`;
  return html`<div class="actions" data-offers="${JSON.stringify(offers)}"></div>
    ${lines.length > 0 && without}`;
}

function commandFor({ action, of, undo }: Offer, address: string): string {
  const asked = JSON.stringify({ action, of, ...(undo && { undo }) });
  return `curl -H "Authorization: Bearer $TOKEN" --json ${quoted(asked)} ${quoted(`${address}/api/actions`)}`;
}

/** One word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
