/** One `KEY=value` line; `value` without the quotes around the whole of it. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A line that is neither an entry, nor a comment, nor blank. */
export interface ConfigSyntaxError {
  readonly line: number;
  readonly message: string;
}

/**
 * Reads `.ci/config` and `.CI/config`: `KEY=value` lines, the whole value optionally quoted. `#` begins a
 * comment only at a line's start, since values hold `#branch=` and `;`. Nothing is expanded.
 */
export function parseConfigFile(text: string): {
  entries: readonly ConfigEntry[];
  errors: readonly ConfigSyntaxError[];
} {
  const entries: ConfigEntry[] = [];
  const errors: ConfigSyntaxError[] = [];
  for (const [at, raw] of text.split("\n").entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const parts = entryParts(raw);
    if (parts) entries.push({ key: parts.key, value: unquote(parts.value), line: at + 1 });
    else errors.push({ line: at + 1, message: `expected KEY=value, found \`${shorten(content)}\`` });
  }
  return { entries, errors };
}

/**
 * Sets one key, or takes it out with `undefined`, and leaves every other byte alone: comments, order,
 * unknown keys, line ends. Of a key that is given several times the last one counts, as when reading, so that
 * one is changed; taking it out takes all. A value keeps the kind of quotes it had.
 */
export function editConfigFile(text: string, key: string, value: string | undefined): string {
  if (value !== undefined && /[\n\r\0]/.test(value)) {
    throw new RangeError(`${key}: a value is one line`);
  }
  const lines = text.split("\n");
  const own = [...lines.keys()].filter((at) => {
    return !lines[at]!.trimStart().startsWith("#") && entryParts(lines[at]!)?.key === key;
  });
  if (value === undefined) return lines.filter((_, at) => !own.includes(at)).join("\n");
  const last = own.at(-1);
  if (last !== undefined) {
    const { before, value: old, after } = entryParts(lines[last]!)!;
    lines[last] = before + requote(value, old) + after;
    return lines.join("\n");
  }
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  const lineEnd = /\r\n/.test(text) ? "\r\n" : "\n";
  return `${text}${separator}${key}=${requote(value, "")}${lineEnd}`;
}

function entryParts(line: string): { before: string; key: string; value: string; after: string } | undefined {
  const match = /^([ \t]*([A-Za-z0-9_]+)[ \t]*=[ \t]*)/.exec(line);
  if (!match) return undefined;
  const value = line.slice(match[1]!.length).trimEnd();
  return { before: match[1]!, key: match[2]!, value, after: line.slice(match[1]!.length + value.length) };
}

function unquote(value: string): string {
  const quote = quoteOf(value);
  return quote === "" ? value : value.slice(1, -1);
}

function requote(value: string, like: string): string {
  const quote = quoteOf(like);
  // A value that itself begins and ends with quotes, or with blanks, would be read back without them.
  if (quote === "" && (quoteOf(value) !== "" || value !== value.trim())) return `"${value}"`;
  return quote + value + quote;
}

function quoteOf(value: string): string {
  const first = value[0];
  return value.length > 1 && (first === '"' || first === "'") && value.endsWith(first) ? first : "";
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
