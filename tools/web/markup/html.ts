/** Text that is HTML already. Everything else is escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

/** HTML with values in it: ``html`<b>${name}</b>` ``. Attributes are to be in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((text, part, n) => text + render(values[n - 1]) + part));
}

function render(value: Content): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join("");
  return value === null || value === undefined || value === false ? "" : escape(String(value));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Controls, and what changes the direction of text; line ends and tabs stay. */
const invisible = /(?![\n\r\t])[\p{Cc}\p{Bidi_Control}]/gu;

function escape(text: string): string {
  return text.replaceAll(invisible, "\ufffd").replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
