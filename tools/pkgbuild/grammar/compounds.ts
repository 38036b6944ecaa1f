import { endsWord, skipBlanks, skipLines, skipReserved } from "./blanks.ts";
import { readScript } from "./commands.ts";
import { Cursor } from "./cursor.ts";
import { readRedirections } from "./redirections.ts";
import { endOfBody } from "./skim.ts";
import type {
  Branch,
  CaseItem,
  Compound,
  CompoundCommand,
  FunctionDefinition,
  Script,
  Word,
} from "./syntax.ts";
import { readTest } from "./tests.ts";
import { readArithmetic, readWord } from "./words.ts";

/** Reads a compound command where one begins here. */
export function readCompound(cursor: Cursor): CompoundCommand | undefined {
  if (!"({[iwucsf".includes(cursor.char || " ")) return undefined;
  const { line } = cursor;
  const compound = readBare(cursor);
  return compound && { kind: "compound", line, compound, redirections: readRedirections(cursor) };
}

function readBare(cursor: Cursor): Compound | undefined {
  if (cursor.skip("((")) return { kind: "arithmetic", expression: readArithmetic(cursor, "))") };
  if (cursor.skip("(")) return { kind: "subshell", body: readBlock(cursor, ")") };
  if (skipReserved(cursor, "{")) return { kind: "group", body: readBlock(cursor, "}") };
  if (skipReserved(cursor, "[[")) return { kind: "test", expression: readTest(cursor) };
  if (skipReserved(cursor, "if")) return readIf(cursor);
  if (skipReserved(cursor, "while")) return readWhile(cursor, "while");
  if (skipReserved(cursor, "until")) return readWhile(cursor, "until");
  if (skipReserved(cursor, "case")) return readCase(cursor);
  if (skipReserved(cursor, "select")) return readFor(cursor, "select");
  return skipReserved(cursor, "for") ? readFor(cursor, "for") : undefined;
}

function readBlock(cursor: Cursor, closer: string): Script {
  const body = readScript(cursor, [closer]);
  if (body.statements.length === 0) cursor.fail("a block without commands");
  cursor.expect(closer, "a block");
  return body;
}

function readIf(cursor: Cursor): Compound {
  const branches: Branch[] = [];
  do {
    const condition = readBlock(cursor, "then");
    branches.push({ condition, body: readScript(cursor, ["elif", "else", "fi"]) });
  } while (cursor.skip("elif"));
  const otherwise = cursor.skip("else") ? readScript(cursor, ["fi"]) : undefined;
  cursor.expect("fi", "an if");
  return { kind: "if", branches, otherwise };
}

function readWhile(cursor: Cursor, kind: "while" | "until"): Compound {
  return { kind, condition: readBlock(cursor, "do"), body: readBlock(cursor, "done") };
}

function readFor(cursor: Cursor, kind: "for" | "select"): Compound {
  skipBlanks(cursor);
  if (kind === "for" && cursor.skip("((")) {
    const header = [readArithmetic(cursor, ";"), readArithmetic(cursor, ";"), readArithmetic(cursor, "))")];
    return { kind: "arithmetic-for", header, body: readLoopBody(cursor) };
  }
  const name = cursor.take(/[A-Za-z_][A-Za-z0-9_]*(?=[ \t\n;]|\\\n)/y);
  if (name === "") cursor.fail("a loop whose variable isn't plain");
  skipLines(cursor);
  const words = skipReserved(cursor, "in") ? readList(cursor) : undefined;
  return { kind, name, words, body: readLoopBody(cursor) };
}

function readList(cursor: Cursor): Word[] {
  const words: Word[] = [];
  for (;;) {
    skipBlanks(cursor);
    if (cursor.ended || (endsWord(cursor.char) && !cursor.stands(/[<>]\(/y))) return words;
    words.push(readWord(cursor));
  }
}

function readLoopBody(cursor: Cursor): Script {
  skipBlanks(cursor);
  if (cursor.stands(/;(?![;&])/y)) cursor.at += 1;
  skipLines(cursor);
  if (!skipReserved(cursor, "do")) cursor.fail("a loop without its do");
  return readBlock(cursor, "done");
}

function readCase(cursor: Cursor): Compound {
  skipBlanks(cursor);
  const subject = readNonEmpty(cursor);
  skipLines(cursor);
  if (!skipReserved(cursor, "in")) cursor.fail("a case without its in");
  const items: CaseItem[] = [];
  for (;;) {
    skipLines(cursor);
    if (skipReserved(cursor, "esac")) return { kind: "case", subject, items };
    items.push(readItem(cursor));
  }
}

function readItem(cursor: Cursor): CaseItem {
  cursor.skip("(");
  const patterns: Word[] = [];
  do {
    skipBlanks(cursor);
    patterns.push(readNonEmpty(cursor));
    skipBlanks(cursor);
  } while (cursor.skip("|"));
  cursor.expect(")", "a case's pattern");
  const body = readScript(cursor, [";;", ";&", ";;&", "esac"]);
  const end = cursor.skip(";;&") ? ";;&" : cursor.skip(";&") ? ";&" : ";;";
  if (end === ";;" && !cursor.skip(";;") && !cursor.sees("esac"))
    cursor.fail("a case's pattern misses its ;;");
  return { patterns, body, end };
}

function readNonEmpty(cursor: Cursor): Word {
  const { at } = cursor;
  const word = readWord(cursor);
  if (cursor.at === at) cursor.fail("a word is missing");
  return word;
}

/** Reads `name() {…}` or `function name {…}` where one begins here. */
export function readFunction(cursor: Cursor): FunctionDefinition | undefined {
  const keyword = cursor.sees("function") && endsWord(cursor.text[cursor.at + "function".length]);
  if (!keyword && !cursor.stands(mayBeDefined)) return undefined;
  const { line } = cursor;
  if (keyword && cursor.skip("function")) skipBlanks(cursor);
  const position = cursor.functions.length;
  const name = cursor.take(keyword ? functionName : definedName);
  if (name === "") return keyword ? cursor.fail("a function without a name") : undefined;
  skipBlanks(cursor);
  if (cursor.skip("(")) {
    skipBlanks(cursor);
    cursor.expect(")", "a function's name");
  }
  skipLines(cursor);
  const { at, line: bodyLine } = cursor;
  const end = cursor.skims && cursor.pendingDocuments.length === 0 ? endOfBody(cursor.text, at) : undefined;
  const body = end === undefined ? readBody(cursor) : undefined;
  if (end !== undefined) cursor.at = end + 1;
  const bodyText = cursor.text.slice(at, cursor.at);
  const outside = { kind: "function", name, line, endLine: cursor.line, bodyText } as const;
  const definition = body
    ? { ...outside, body }
    : new SkimmedFunction(outside, { line: bodyLine, depth: cursor.depth });
  cursor.functions.splice(position, 0, definition);
  return definition;
}

function readBody(cursor: Cursor): CompoundCommand {
  return readCompound(cursor) ?? cursor.fail("a function without a body");
}

/** Its body is read when it is asked for, and what isn't understood there is thrown then. */
class SkimmedFunction implements FunctionDefinition {
  readonly kind = "function";
  readonly name: string;
  readonly line: number;
  readonly endLine: number;
  readonly bodyText: string;
  readonly #start: { readonly line: number; readonly depth: number };
  #body: CompoundCommand | undefined;

  constructor(outside: Omit<FunctionDefinition, "body">, start: { line: number; depth: number }) {
    this.name = outside.name;
    this.line = outside.line;
    this.endLine = outside.endLine;
    this.bodyText = outside.bodyText;
    this.#start = start;
  }

  get body(): CompoundCommand {
    return (this.#body ??= readBody(new Cursor(this.bodyText, this.#start)));
  }
}

/** A name that parentheses follow, perhaps. */
const mayBeDefined = /[^ \t\n|&;()<>\\'"$`=]+[ \t]*\(/y;

const functionName = /[^ \t\n|&;()<>\\'"$`]+/y;
const definedName = /[^ \t\n|&;()<>\\'"$`=]+(?=[ \t]*\([ \t]*\))/y;
