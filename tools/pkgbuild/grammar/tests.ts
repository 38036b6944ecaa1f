import { skipLines, skipReserved } from "./blanks.ts";
import type { Cursor } from "./cursor.ts";
import type { TestExpression, Word } from "./syntax.ts";
import { readRegex, readWord } from "./words.ts";

const unary = /-[a-hknoprstuvwxzGLNORS](?=[ \t])/y;
const binary = /(?:==|=~|!=|=|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))(?=[ \t\n])|[<>]/y;

/** Reads what is between `[[`, already read, and the `]]` that this steps over. */
export function readTest(cursor: Cursor): TestExpression {
  const expression = cursor.nested(() => readOr(cursor));
  if (!skipReserved(cursor, "]]")) cursor.fail("a test that isn't understood");
  return expression;
}

function readOr(cursor: Cursor): TestExpression {
  return joined("or", cursor, "||", readAnd);
}

function readAnd(cursor: Cursor): TestExpression {
  return joined("and", cursor, "&&", readTerm);
}

function joined(
  kind: "and" | "or",
  cursor: Cursor,
  operator: string,
  read: (cursor: Cursor) => TestExpression,
): TestExpression {
  const first = read(cursor);
  const operands = [first];
  while (cursor.skip(operator)) operands.push(read(cursor));
  return operands.length === 1 ? first : { kind, operands };
}

function readTerm(cursor: Cursor): TestExpression {
  skipLines(cursor);
  const term = cursor.nested(() => readOperand(cursor));
  skipLines(cursor);
  return term;
}

function readOperand(cursor: Cursor): TestExpression {
  if (skipReserved(cursor, "!")) return { kind: "not", operand: readTerm(cursor) };
  if (cursor.skip("(")) {
    const inner = readOr(cursor);
    cursor.expect(")", "a test");
    return inner;
  }
  const operator = cursor.take(unary);
  if (operator !== "") {
    skipLines(cursor);
    return { kind: "unary", operator, word: readNonEmpty(cursor) };
  }
  const left = readNonEmpty(cursor);
  skipLines(cursor);
  const comparison = cursor.take(binary);
  if (comparison === "") return { kind: "unary", operator: "-n", word: left };
  skipLines(cursor);
  const right = comparison === "=~" ? readRegex(cursor) : readNonEmpty(cursor);
  return { kind: "binary", operator: comparison === "=" ? "==" : comparison, left, right };
}

function readNonEmpty(cursor: Cursor): Word {
  const { at } = cursor;
  const word = readWord(cursor);
  if (cursor.at === at || cursor.text.slice(at, cursor.at) === "]]")
    cursor.fail("a test that isn't understood", at);
  return word;
}
