import { ansiC } from "./ansi-c.ts";
import type { Cursor } from "./cursor.ts";
import { isExpansion, readBackticks, readExpansion, readProcess } from "./expansions.ts";
import type { Word, WordPart } from "./syntax.ts";

/** Where a word stands decides which of its characters mean something. */
interface Style {
  /** Sticky: a run of characters that mean nothing here. */
  readonly plain: RegExp;
  /** Sticky: what ends the word. */
  readonly end: RegExp;
  /** Its pieces are quoted by what surrounds them. */
  readonly quoted: boolean;
  readonly quotes: "all" | "double" | "none" | "refused";
  /** Sticky, after a backslash: what it quotes. Before anything else it stands for itself. */
  readonly escapes: RegExp;
  /** `<(…)`, `$'…'` and extended patterns are read. */
  readonly wordlike: boolean;
}

const plainWord = /[^ \t\n|&;()<>\\'"$`?*+@!]+/y;
const anyCharacter = /[^\n]/y;
const insideDoubleQuotes = /[$`"\\]/y;

const styles = {
  word: style({ plain: plainWord, end: /[ \t\n|&;()]|[<>](?!\()/y, quotes: "all", wordlike: true }),
  doubleQuotes: style({ plain: /[^\\"$`]+/y, end: /"/y, quoted: true, escapes: insideDoubleQuotes }),
  document: style({ plain: /[^\\$`]+/y, end: /(?!)/y, quoted: true, escapes: /[$`\\]/y }),
  subscript: style({ plain: /[^\\'"$`\]]+/y, end: /\]/y, quotes: "all" }),
  regex: style({ plain: /[^ \t\n|&;()<>\\'"$`]+/y, end: /[ \t\n|&;()<>]/y, quotes: "all" }),
} as const;

function style(own: Partial<Style> & Pick<Style, "plain" | "end">): Style {
  return { quoted: false, quotes: "none", escapes: anyCharacter, wordlike: false, ...own };
}

/** Reads a word as it stands in a command or a list; no parts where none begins here. */
export function readWord(cursor: Cursor): Word {
  return readStyled(cursor, styles.word);
}

/** Reads a here-document's content, in which expansions count. */
export function readDocument(cursor: Cursor): Word {
  return readStyled(cursor, styles.document);
}

/** Reads an array's subscript up to its `]`. */
export function readSubscript(cursor: Cursor): Word {
  return readStyled(cursor, styles.subscript);
}

/** How the word after `:-`, `%`, `/` … is read; inside double quotes the pattern operators differ. */
export function readOperand(
  cursor: Cursor,
  options: { quoted: boolean; pattern: boolean; delimiter: "" | "/" | ":"; document: boolean },
): Word {
  const { quoted, pattern, delimiter, document } = options;
  return readStyled(cursor, {
    plain: delimiter === "" ? /[^\\'"$`}<>]+/y : delimiter === "/" ? /[^\\'"$`}/<>]+/y : /[^\\'"$`}:<>]+/y,
    end: delimiter === "" ? /\}/y : delimiter === "/" ? /[}/]/y : /[}:]/y,
    quoted: quoted && !pattern,
    quotes: document ? "refused" : quoted && !pattern ? "double" : "all",
    escapes: quoted && !pattern ? /[$`"\\}]/y : anyCharacter,
    wordlike: !quoted,
  });
}

/** Reads the right side of `=~`, where parentheses and bars belong to the expression. */
export function readRegex(cursor: Cursor): Word {
  const { line } = cursor;
  const parts: WordPart[] = [];
  let open = 0;
  while (!cursor.ended) {
    for (const part of readStyled(cursor, styles.regex).parts) parts.push(part);
    const { char } = cursor;
    if (char === "" || char === "\n" || (open === 0 && /[ \t)]/.test(char))) break;
    if (/[&;<>]/.test(char)) cursor.fail(`unquoted ${char} in a regular expression`);
    if (char === "(") open += 1;
    if (char === ")") open -= 1;
    cursor.at += 1;
    addLiteral(parts, char, false);
  }
  return { parts: merged(parts), line };
}

/** Reads arithmetic up to the closing token, which is stepped over; parentheses inside pair up. */
export function readArithmetic(cursor: Cursor, close: "))" | ";"): Word {
  const { line } = cursor;
  const parts: WordPart[] = [];
  const plain = style({ plain: /[^\\'"$`();]+/y, end: /[();']/y, quoted: true, quotes: "double" });
  let open = 0;
  for (;;) {
    for (const part of readStyled(cursor, plain).parts) parts.push(part);
    if (open === 0 && cursor.skip(close)) return { parts: merged(parts), line };
    const { char } = cursor;
    if (char === "(") open += 1;
    else if (char === ")" && open > 0) open -= 1;
    else cursor.fail("arithmetic that isn't closed");
    cursor.at += 1;
    addLiteral(parts, char, true);
  }
}

function readStyled(cursor: Cursor, style: Style): Word {
  const { line } = cursor;
  const parts: WordPart[] = [];
  for (;;) {
    const plain = cursor.take(style.plain);
    if (plain !== "") addLiteral(parts, plain, style.quoted);
    if (cursor.ended || cursor.stands(style.end)) return { parts, line };
    readSpecial(cursor, style, parts);
  }
}

function readSpecial(cursor: Cursor, style: Style, parts: WordPart[]): void {
  const { char } = cursor;
  if (char === "\\") return readBackslash(cursor, style, parts);
  if (char === "`") return void parts.push(readBackticks(cursor, style.quoted));
  if (isQuote(char) && style.quotes === "refused")
    cursor.fail("quotes inside an expansion in a here-document");
  if (char === "'" && style.quotes === "all") return addLiteral(parts, readSingleQuotes(cursor), true);
  if (char === '"' && style.quotes === "double") {
    // Bash removes such quotes before it expands, so that a name goes on behind one.
    refuseContinuedName(cursor, cursor.at);
    readDoubleQuotes(cursor, parts);
    return refuseContinuedName(cursor, cursor.at - 1);
  }
  if (char === '"' && style.quotes === "all") return readDoubleQuotes(cursor, parts);
  if (char === "$" && style.quotes === "all" && cursor.skip("$'"))
    return addLiteral(parts, ansiC(cursor), true);
  if (char === "$" && style.quotes === "all" && cursor.sees('$"')) cursor.fail("a string in translation");
  if (char === "$" && isExpansion(cursor)) {
    return void parts.push(
      readExpansion(cursor, { quoted: style.quoted, document: style === styles.document }),
    );
  }
  if (style.wordlike && /[<>]/.test(char) && cursor.sees(`${char}(`)) {
    return void parts.push(readProcess(cursor));
  }
  if (style.wordlike && cursor.stands(/[?*+@!]\((?![ \t]*\))/y)) return readExtendedPattern(cursor, parts);
  cursor.at += 1;
  addLiteral(parts, char, style.quoted);
}

function refuseContinuedName(cursor: Cursor, quote: number): void {
  const before = cursor.text.slice(Math.max(0, quote - 100), quote);
  if (/\$\w*$/.test(before) && /[\w({[]/.test(cursor.text[quote + 1] ?? ""))
    cursor.fail("a quote inside a name", quote);
}

function isQuote(char: string): boolean {
  return char === "'" || char === '"';
}

function readBackslash(cursor: Cursor, style: Style, parts: WordPart[]): void {
  const start = cursor.at;
  cursor.at += 1;
  if (cursor.skip("\n")) {
    // Between two halves of a token a continuation can hide keywords and operators.
    if (style.wordlike && cursor.stands(/[^ \t\n]/y)) cursor.fail("a word continued on the next line", start);
    return;
  }
  const escaped = cursor.take(style.escapes);
  addLiteral(parts, escaped === "" ? "\\" : escaped, style.quoted || escaped !== "");
}

function readSingleQuotes(cursor: Cursor): string {
  const end = cursor.text.indexOf("'", cursor.at + 1);
  if (end === -1) cursor.fail("a quote that isn't closed");
  const text = cursor.text.slice(cursor.at + 1, end);
  cursor.at = end + 1;
  return text;
}

const plainQuotes = /"[^"\\$`]*"/y;

function readDoubleQuotes(cursor: Cursor, parts: WordPart[]): void {
  const start = cursor.at;
  const plain = cursor.take(plainQuotes);
  if (plain !== "") return addLiteral(parts, plain.slice(1, -1), true);
  cursor.at += 1;
  const { parts: inner } = cursor.nested(() => readStyled(cursor, styles.doubleQuotes));
  if (!cursor.skip('"')) cursor.fail("a quote that isn't closed", start);
  if (inner.length === 0) return addLiteral(parts, "", true);
  for (const part of inner) {
    if (part.kind === "literal") addLiteral(parts, part.text, true);
    else parts.push(part);
  }
}

function readExtendedPattern(cursor: Cursor, parts: WordPart[]): void {
  const operator = cursor.char;
  cursor.at += 2;
  const alternatives: Word[] = [];
  do {
    alternatives.push(cursor.nested(() => readWord(cursor)));
  } while (cursor.skip("|"));
  cursor.expect(")", "an extended pattern");
  parts.push({ kind: "extended-pattern", operator, alternatives });
}

function addLiteral(parts: WordPart[], text: string, quoted: boolean): void {
  const last = parts.at(-1);
  if (last?.kind === "literal" && last.quoted === quoted) {
    parts[parts.length - 1] = { kind: "literal", text: last.text + text, quoted };
  } else {
    parts.push({ kind: "literal", text, quoted });
  }
}

function merged(parts: readonly WordPart[]): WordPart[] {
  const result: WordPart[] = [];
  for (const part of parts) {
    if (part.kind === "literal") addLiteral(result, part.text, part.quoted);
    else result.push(part);
  }
  return result;
}
