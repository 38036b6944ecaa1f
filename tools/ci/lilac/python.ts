/** A statement of a Python file, as far as it is read: nothing of it is ever run. */
export interface Statement {
  /**
   * In one spelling whatever the file's: no comments, blanks only between words, plain and raw strings as JSON has
   * them, no comma before a closing bracket.
   */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** What is indented below it, or stands behind its colon. */
  readonly body: readonly Statement[];
}

/** With its body in braces, so that a pattern can match it as a whole. */
export function wholeText({ text, body }: Statement): string {
  return body.length === 0 ? text : `${text}{${body.map(wholeText).join(";")}}`;
}

/**
 * Reads Python as statements. It understands their layout and no meaning; a text that isn't Python comes out as
 * statements that mean nothing to anybody.
 */
export function readPython(source: string): Statement[] {
  const lines = logicalLines(source);
  return statementsAt(lines, { next: 0 }, 0);
}

interface LogicalLine {
  readonly indent: number;
  readonly line: number;
  /** Parts between semicolons; a part that ends in a colon begins a block. */
  readonly parts: readonly string[];
}

function statementsAt(lines: readonly LogicalLine[], at: { next: number }, indent: number): Statement[] {
  const statements: Statement[] = [];
  for (let line = lines[at.next]; line && line.indent >= indent; line = lines[at.next]) {
    at.next += 1;
    const { parts } = line;
    const opens = parts.findIndex((part) => part.endsWith(":"));
    const plain = (opens === -1 ? parts : parts.slice(0, opens)).map((text) => leaf(text, line.line));
    statements.push(...plain);
    if (opens === -1) continue;
    const rest = parts.slice(opens + 1).map((text) => leaf(text, line.line));
    const below = lines[at.next];
    const nested = below && below.indent > line.indent ? statementsAt(lines, at, below.indent) : [];
    statements.push({ text: parts[opens]!, line: line.line, body: [...rest, ...nested] });
  }
  return statements;
}

function leaf(text: string, line: number): Statement {
  return { text, line, body: [] };
}

/** A string that doesn't end takes all that is left: nothing after it can be understood. */
const token =
  /(?<blank>[ \t\f\r]+|\\\r?\n)|(?<comment>#[^\n]*)|(?<newline>\n)|(?<string>[rRbBuUfF]{0,2}(?:"""(?:\\[^]|[^\\])*?"""|'''(?:\\[^]|[^\\])*?'''|"(?!"")(?:\\[^]|[^\\\n"])*"|'(?!'')(?:\\[^]|[^\\\n'])*'))|(?<word>[\p{L}\p{N}_]+)|(?<other>["'][^]*|[^])/gu;

function logicalLines(source: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let [parts, tokens]: [string[], string[]] = [[], []];
  let started: { indent: number; line: number } | undefined;
  let [number, depth, lineStart] = [1, 0, 0];

  const endPart = (): void => {
    if (tokens.length > 0) parts.push(tokens.join(""));
    tokens = [];
  };
  const endLine = (): void => {
    endPart();
    if (started && parts.length > 0) lines.push({ ...started, parts });
    [parts, started] = [[], undefined];
  };
  for (const match of source.matchAll(token)) {
    const { blank, comment, newline, string, word, other } = match.groups!;
    const [whole] = match;
    if (newline !== undefined) {
      if (depth === 0) endLine();
      lineStart = match.index + 1;
    } else if (blank === undefined && comment === undefined) {
      started ??= { indent: widthOf(source.slice(lineStart, match.index)), line: number };
      if (depth === 0 && other === ";") endPart();
      else {
        add(tokens, string === undefined ? whole : spelled(string), word !== undefined);
        if (other !== undefined && "([{".includes(other)) depth += 1;
        if (other !== undefined && ")]}".includes(other)) depth = Math.max(0, depth - 1);
        if (depth === 0 && other === ":" && headers.has(tokens[0]!)) endPart();
      }
    }
    number += whole.split("\n").length - 1;
  }
  endLine();
  return lines;
}

function widthOf(blanks: string): number {
  return [...blanks].reduce(
    (width, blank) => (blank === "\t" ? (Math.floor(width / 8) + 1) * 8 : width + 1),
    0,
  );
}

/** `name: type` is no block. */
const headers = new Set(
  "if elif else for while def class with try except finally async match case".split(" "),
);

/** Adds a token to those of a statement, with a blank where two words would become one. */
function add(tokens: string[], next: string, isWord: boolean): void {
  const last = tokens.at(-1) ?? "";
  const isClosing = /^[)\]}]$/.test(next);
  if (isClosing && last === ",") tokens.pop();
  const isApart = /[\p{L}\p{N}_"]$/u.test(last) && (isWord || /^[a-z]?"/.test(next));
  tokens.push(isApart && !isClosing ? ` ${next}` : next);
}

/** Escapes other than the usual few stay as they are, behind a mark that no pattern expects. */
function spelled(literal: string): string {
  const [, prefix = "", quote = ""] = /^([a-zA-Z]*)("""|'''|"|')/.exec(literal) ?? [];
  const inner = literal.slice(prefix.length + quote.length, -quote.length);
  const kind = prefix.toLowerCase().replace("u", "");
  if (kind.includes("r")) return kind.replace("r", "") + JSON.stringify(inner);
  if (/\\[^nt\\'"]/.test(inner)) return `unread${JSON.stringify(inner)}`;
  const plain = inner.replace(/\\([nt\\'"])/g, (_, one: string) => ({ n: "\n", t: "\t" })[one] ?? one);
  return kind + JSON.stringify(plain);
}
