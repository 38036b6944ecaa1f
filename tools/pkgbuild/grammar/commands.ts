import { closerHere, skipBlanks, skipLines, skipReserved } from "./blanks.ts";
import { readCompound, readFunction } from "./compounds.ts";
import type { Cursor } from "./cursor.ts";
import { readPlainAssignment } from "./plain-assignments.ts";
import { readSimple } from "./simple-commands.ts";
import type { Command, Link, Script, Stage, Statement } from "./syntax.ts";

/**
 * Reads commands up to one of these closing tokens, which is left standing; without any, up to the end.
 * Whatever bash's grammar has no place for fails, and so does what it reads in surprising ways.
 */
export function readScript(cursor: Cursor, closers: readonly string[]): Script {
  const statements: Statement[] = [];
  for (;;) {
    skipLines(cursor);
    const plain = readPlainAssignment(cursor);
    if (!plain && (cursor.ended || closerHere(cursor) !== "")) break;
    statements.push(plain ?? readStatement(cursor));
  }
  const closed = closers.length === 0 ? cursor.ended : closers.includes(closerHere(cursor));
  if (!closed) {
    cursor.fail(
      cursor.ended ? `the end instead of ${closers.join(" or ")}` : `an unexpected ${cursor.peek(/\S+/y)}`,
    );
  }
  return { statements };
}

function readStatement(cursor: Cursor): Statement {
  const { line, at: start } = cursor;
  const command = readChain(cursor);
  const end = cursor.at;
  skipBlanks(cursor);
  const background = cursor.char === "&" && cursor.stands(/&(?!&)/y) && cursor.skip("&");
  const separated = background || (cursor.char === ";" && cursor.stands(/;(?![;&])/y) && cursor.skip(";"));
  if (!separated && !cursor.ended && cursor.char !== "\n" && closerHere(cursor) === "")
    cursor.fail(`an unexpected ${cursor.char}`);
  return { command, background, line, start, end };
}

function readChain(cursor: Cursor): Command {
  const first = readPipeline(cursor);
  skipBlanks(cursor);
  if (!"&|".includes(cursor.char || " ")) return first;
  const rest: Link[] = [];
  for (;;) {
    skipBlanks(cursor);
    const operator = cursor.skip("&&") ? "&&" : cursor.skip("||") ? "||" : undefined;
    if (!operator) return rest.length === 0 ? first : { kind: "chain", first, rest };
    skipLines(cursor);
    rest.push({ operator, command: readPipeline(cursor) });
  }
}

function readPipeline(cursor: Cursor): Command {
  const timed = readTime(cursor);
  skipBlanks(cursor);
  const negated = cursor.char === "!" && cursor.stands(/!(?=[ \t])/y) && cursor.skip("!");
  if (negated) skipBlanks(cursor);
  const stages: Stage[] = [];
  for (;;) {
    const command = readCommand(cursor);
    skipBlanks(cursor);
    // As most are.
    if (cursor.char !== "|" && stages.length === 0 && !negated && !timed) return command;
    const pipe = cursor.char === "|" ? cursor.peek(/\|\||\|&|\|/y) : "";
    const stderr = pipe === "|&";
    stages.push({ command, stderr });
    if (pipe !== "|" && !stderr) break;
    cursor.at += pipe.length;
    skipLines(cursor);
  }
  const [only] = stages;
  return only && stages.length === 1 && !negated && !timed
    ? only.command
    : { kind: "pipeline", negated, timed, stages };
}

function readTime(cursor: Cursor): string {
  if (!skipReserved(cursor, "time")) return "";
  let timed = "time";
  for (const option of ["-p", "--"]) {
    skipBlanks(cursor);
    if (skipReserved(cursor, option)) timed += ` ${option}`;
  }
  return timed;
}

function readCommand(cursor: Cursor): Command {
  return cursor.nested(() => readCompound(cursor) ?? readFunction(cursor) ?? readSimple(cursor));
}
