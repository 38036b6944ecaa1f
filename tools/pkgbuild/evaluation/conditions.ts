import { commandName, constantText } from "../grammar/constants.ts";
import {
  calculate,
  expandExpression,
  expandFields,
  expandNumber,
  expandPattern,
  expandText,
} from "./expansion/expand.ts";
import type { Scope } from "./expansion/scope.ts";
import { RegularExpression } from "./programs/regular-expression.ts";
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
      if (operator === "-v") return isSet(word, scope);
      if (operator !== "-z" && operator !== "-n")
        throw new NotStatic("a condition that looks at the machine");
      return (expandText(word, scope) === "") === (operator === "-z");
    }
    case "binary": {
      const { operator, left, right } = expression;
      const comparison = comparisons[operator];
      if (comparison) return comparison(expandNumber(left, scope), expandNumber(right, scope));
      if (operator === "=~") return matchesExpression(left, right, scope);
      if (operator !== "==" && operator !== "!=") throw new NotStatic("a condition that isn't evaluated");
      return expandPattern(right, scope).matches(expandText(left, scope)) === (operator === "==");
    }
  }
}

/** What `[ … ]`, or `test …`, comes to; undefined where it isn't known. */
export function evaluateBracket(command: SimpleCommand, scope: Scope): boolean | undefined {
  try {
    const operands = command.words.slice(1).flatMap((word) => {
      if (word.kind !== "word") throw new NotStatic("an assignment as an argument");
      return expandFields(word.word, scope);
    });
    if (commandName(command) === "[" && operands.pop() !== "]") return undefined;
    return compareAll(operands);
  } catch (error) {
    if (error instanceof NotStatic) return undefined;
    throw error;
  }
}

/** Comparisons of two operands each, which `-o` and `-a` join; `-a` binds tighter. */
function compareAll(operands: readonly string[]): boolean | undefined {
  if (operands.length <= 3) return compareOperands(operands);
  if (operands.length % 4 !== 3) return undefined;
  let [any, all] = [false, true];
  for (let at = 0; at < operands.length; at += 4) {
    const [left = "", operator = "", right = "", joint = "-o"] = operands.slice(at, at + 4);
    // What may be an operator itself is taken for one or not, by how many operands there are.
    if (
      !/^(?:==?|!=|-(?:eq|ne|lt|le|gt|ge))$/.test(operator) ||
      [left, right].some((text) => /^[-!()]/.test(text))
    )
      return undefined;
    const result = compareOperands([left, operator, right]);
    if (result === undefined || (joint !== "-o" && joint !== "-a")) return undefined;
    all &&= result;
    if (joint === "-a") continue;
    any ||= all;
    all = true;
  }
  return any;
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

/** `[[ -v name ]]`; of a list, its first element counts. */
function isSet(word: Word, scope: Scope): boolean {
  const name = constantText(word);
  if (name === undefined || !/^[A-Za-z_]\w*$/.test(name))
    throw new NotStatic("a condition that isn't evaluated");
  const variable = scope.get(name);
  if (variable?.kind === "unknown") throw new NotStatic(variable.value.reason);
  return variable?.kind === "array" ? variable.elements.has("0") : variable !== undefined;
}

function matchesExpression(left: Word, right: Word, scope: Scope): boolean {
  const expression = new RegularExpression(expandExpression(right, scope), "extended");
  const text = expandText(left, scope);
  const found = expression.match(text);
  scope.setMatched(found ? [text.slice(found.start, found.end), ...found.groups] : []);
  return found !== undefined;
}

/** Whether one of a case's patterns matches its subject. @throws NotStatic */
export function matchesCase(subject: Word, patterns: readonly Word[], scope: Scope): boolean {
  const text = expandText(subject, scope);
  return patterns.some((pattern) => expandPattern(pattern, scope).matches(text));
}

/** What `((…))` comes to, also with one assignment: `((n = a + 1))`, `((n += 2))`, `((n++))`. @throws NotStatic */
export function evaluateArithmeticCommand(expression: Word, scope: Scope): boolean {
  const text = expandText(expression, scope);
  const [, stepped, step, name, operator = "", value = ""] =
    /^\s*(?:([A-Za-z_]\w*)\s*(\+\+|--)\s*$|([A-Za-z_]\w*)\s*([-+*]?)=(?!=)([^=]*)$)/.exec(text) ?? [];
  const target = stepped ?? name;
  if (target === undefined) return calculate(text, scope) !== 0n;
  if (scope.sets(target) && scope.get(target)?.kind !== "scalar") throw new NotStatic("arithmetic on a list");
  const before = stepped === undefined ? undefined : calculate(target, scope);
  const changed = operator === "" ? value : `${target}${operator}(${value})`;
  const after = calculate(stepped === undefined ? changed : `${target}${step?.[0]}1`, scope);
  scope.set(target, String(after));
  return (before ?? after) !== 0n;
}
