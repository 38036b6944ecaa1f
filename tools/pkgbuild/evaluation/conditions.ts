import { expandFields, expandNumber, expandPattern, expandText, type Scope } from "./expand.ts";
import type { SimpleCommand, TestExpression, Word } from "../grammar/syntax.ts";
import { NotStatic } from "./values.ts";

type Comparison = (left: bigint, right: bigint) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  "-eq": (left, right) => left === right,
  "-ne": (left, right) => left !== right,
  "-lt": (left, right) => left < right,
  "-le": (left, right) => left <= right,
  "-gt": (left, right) => left > right,
  "-ge": (left, right) => left >= right,
};

/** What `[[ … ]]` comes to. @throws NotStatic where it asks for files, expressions or what isn't known */
export function evaluateTest(expression: TestExpression, scope: Scope): boolean {
  switch (expression.kind) {
    case "not":
      return !evaluateTest(expression.operand, scope);
    case "and":
      return expression.operands.every((operand) => evaluateTest(operand, scope));
    case "or":
      return expression.operands.some((operand) => evaluateTest(operand, scope));
    case "unary": {
      const { operator, word } = expression;
      if (operator !== "-z" && operator !== "-n")
        throw new NotStatic("a condition that looks at the machine");
      return (expandText(word, scope) === "") === (operator === "-z");
    }
    case "binary": {
      const { operator, left, right } = expression;
      const comparison = comparisons[operator];
      if (comparison) return comparison(expandNumber(left, scope), expandNumber(right, scope));
      if (operator !== "==" && operator !== "!=") throw new NotStatic("a condition that isn't evaluated");
      return expandPattern(right, scope).matches(expandText(left, scope)) === (operator === "==");
    }
  }
}

/** What `[ … ]` comes to; undefined where it isn't known. */
export function evaluateBracket({ words }: SimpleCommand, scope: Scope): boolean | undefined {
  try {
    const operands = words.slice(1).flatMap((word) => {
      if (word.kind !== "word") throw new NotStatic("an assignment as an argument");
      return expandFields(word.word, scope);
    });
    return operands.pop() === "]" ? compareOperands(operands) : undefined;
  } catch (error) {
    if (error instanceof NotStatic) return undefined;
    throw error;
  }
}

function compareOperands([first, second, third, ...more]: readonly string[]): boolean | undefined {
  if (first === undefined || more.length > 0) return undefined;
  if (second === undefined) return first !== "";
  if (third === undefined) return first === "-z" ? second === "" : first === "-n" ? second !== "" : undefined;
  if (second === "=" || second === "==") return first === third;
  if (second === "!=") return first !== third;
  const integer = /^-?\d{1,18}$/;
  if (!integer.test(first) || !integer.test(third)) return undefined;
  return comparisons[second]?.(BigInt(first), BigInt(third));
}

/** Whether one of a case's patterns matches its subject. @throws NotStatic */
export function matchesCase(subject: Word, patterns: readonly Word[], scope: Scope): boolean {
  const text = expandText(subject, scope);
  return patterns.some((pattern) => expandPattern(pattern, scope).matches(text));
}
