/** What a name or an address may hold in `{…}`, besides the fields of targets. */
export const releaseFields = ["project", "channel", "ref", "version", "commit"] as const;

export type Values = Readonly<Record<string, string>>;

/** The fields that a text names, each once, or what is wrong with its braces. */
export function fieldsOf(
  text: string,
): { readonly kind: "fields"; readonly fields: readonly string[] } | { readonly kind: "braces" } {
  const rest = text.replaceAll(field, "");
  if (/[{}]/.test(rest)) return { kind: "braces" };
  return { kind: "fields", fields: [...new Set([...text.matchAll(field)].map(([, name]) => name!))] };
}

/**
 * A text with its fields filled in, once: what a value brings along is never read as a field.
 *
 * @returns the name of a field that has no value, where there is one
 */
export function fill(
  text: string,
  values: Values,
): { readonly kind: "text"; readonly text: string } | { readonly kind: "lacks"; readonly field: string } {
  let lacking: string | undefined;
  const filled = text.replaceAll(field, (_, name: string) => {
    if (Object.hasOwn(values, name)) return values[name]!;
    lacking ??= name;
    return "";
  });
  return lacking === undefined ? { kind: "text", text: filled } : { kind: "lacks", field: lacking };
}

const field = /\{([a-z][a-z0-9_]*)\}/g;

/** Whether a pattern, in which `*` stands for any characters, is of the whole name. */
export function matchesPattern(pattern: string, name: string): boolean {
  let rest = name;
  const [first, ...others] = pattern.split("*") as [string, ...string[]];
  if (!rest.startsWith(first)) return false;
  rest = rest.slice(first.length);
  const last = others.pop();
  if (last === undefined) return rest === "";
  for (const part of others) {
    const found = rest.indexOf(part);
    if (found === -1) return false;
    rest = rest.slice(found + part.length);
  }
  return rest.endsWith(last);
}
