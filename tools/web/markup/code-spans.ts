import { visible } from "./difference.ts";
import { html, type Content } from "./html.ts";

/** A sentence whose code spans are as Markdown has them (CommonMark 6.1); nothing else of it is taken for markup. */
export function codeSpans(sentence: string): Content {
  const parts = [...sentence.matchAll(/(`+)(?!`)(.*?[^`])\1(?!`)|[^`]+|`+/gs)];
  return parts.map(([text, fence = "", code = ""]) => {
    if (fence === "") return visible(text);
    return html`<code>${visible(fence.length > 1 ? code.replace(/^ (.*) $/s, "$1") : code)}</code>`;
  });
}
