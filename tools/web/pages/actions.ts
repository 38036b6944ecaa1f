import { html, type Content } from "../markup/html.ts";

/** What somebody may ask for here: an action, what it is called, and whether it undoes one. */
export type Offer = readonly [action: string, label: string, undo?: "undo"];

/** Where the script puts buttons for those who have a token. */
export function actionsFor(of: string, offers: readonly Offer[]): Content {
  const data = offers.map(([action, , undo]) => `${undo ? "undo-" : ""}${action}`).join(" ");
  const labels = offers.map(([, label]) => label).join("|");
  return html`<div class="actions" data-of="${of}" data-offers="${data}" data-labels="${labels}"></div>`;
}
