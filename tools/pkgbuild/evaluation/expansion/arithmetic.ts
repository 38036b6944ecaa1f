import { NotStatic } from "../values.ts";

const token =
  /\s*(\d[\dA-Za-z@_]*(?:#[\dA-Za-z@_]+)?|[A-Za-z_]\w*|\*\*|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>&|^~!?:()])/y;

const precedence: Readonly<Record<string, number>> = {
  "?": 1,
  "||": 2,
  "&&": 3,
  "|": 4,
  "^": 5,
  "&": 6,
  "==": 7,
  "!=": 7,
  "<": 8,
  "<=": 8,
  ">": 8,
  ">=": 8,
  "<<": 9,
  ">>": 9,
  "+": 10,
  "-": 10,
  "*": 11,
  "/": 11,
  "%": 11,
  "**": 12,
};

/**
 * Evaluates bash's arithmetic, expansions already done, on 64-bit integers. Assignments are refused, and a
 * variable must hold a plain number, since bash would evaluate any other text in it, commands included.
 *
 * @throws NotStatic
 */
export function evaluateArithmetic(text: string, variable: (name: string) => string): bigint {
  const tokens = tokenise(text);
  let at = 0;
  if (tokens.length === 0) return 0n;
  const result = parse(1, 0);
  if (at < tokens.length) throw unclear();
  return result;

  function parse(lowest: number, depth: number): bigint {
    if (depth > 50) throw unclear();
    let left = operand(depth);
    for (;;) {
      const operator = tokens[at] ?? "";
      const level = precedence[operator] ?? 0;
      if (level < lowest) return left;
      at += 1;
      if (operator === "?") {
        const yes = parse(1, depth + 1);
        if (tokens[at++] !== ":") throw unclear();
        const no = parse(1, depth + 1);
        left = left === 0n ? no : yes;
      } else {
        left = wrap(apply(operator, left, parse(operator === "**" ? level : level + 1, depth + 1)));
      }
    }
  }

  function operand(depth: number): bigint {
    if (depth > 50) throw unclear();
    const next = tokens[at++] ?? "";
    if (next === "(") {
      const inner = parse(1, depth + 1);
      if (tokens[at++] !== ")") throw unclear();
      return inner;
    }
    // Signs and negations bind tighter than any operator between two operands.
    if (next === "-") return wrap(-operand(depth + 1));
    if (next === "+") return operand(depth + 1);
    if (next === "!") return operand(depth + 1) === 0n ? 1n : 0n;
    if (next === "~") return ~operand(depth + 1);
    return /^\d/.test(next) ? number(next) : fromVariable(next);
  }

  function fromVariable(name: string): bigint {
    if (!/^[A-Za-z_]/.test(name)) throw unclear();
    const text = variable(name).trim();
    if (text === "") return 0n;
    if (!/^-?\d+$/.test(text)) throw new NotStatic(`$${name} isn't a plain number`);
    return text.startsWith("-") ? wrap(-number(text.slice(1))) : number(text);
  }
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  let end = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    tokens.push(found[1] ?? "");
    end = token.lastIndex;
  }
  if (text.slice(end).trim() !== "" || tokens.length > 1_000) throw unclear();
  // `++x` and `x--` assign.
  if (/\+\s*\+|-\s*-/.test(text)) throw unclear();
  return tokens;
}

function number(text: string): bigint {
  if (text.length > 19) throw unclear();
  if (/^0[xX][0-9A-Fa-f]+$/.test(text)) return wrap(BigInt(text));
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  if (/^10#\d+$/.test(text)) return BigInt(text.slice(3));
  if (/^(?:0|[1-9]\d*)$/.test(text)) return wrap(BigInt(text));
  throw unclear();
}

function apply(operator: string, left: bigint, right: bigint): bigint {
  if ((operator === "/" || operator === "%") && right === 0n) throw unclear();
  if (operator === "**" && (right < 0n || right > 64n)) throw unclear();
  if ((operator === "<<" || operator === ">>") && (right < 0n || right > 63n)) throw unclear();
  const operations: Readonly<Record<string, () => bigint | boolean>> = {
    "||": () => left !== 0n || right !== 0n,
    "&&": () => left !== 0n && right !== 0n,
    "|": () => left | right,
    "^": () => left ^ right,
    "&": () => left & right,
    "==": () => left === right,
    "!=": () => left !== right,
    "<": () => left < right,
    "<=": () => left <= right,
    ">": () => left > right,
    ">=": () => left >= right,
    "<<": () => left << right,
    ">>": () => left >> right,
    "+": () => left + right,
    "-": () => left - right,
    "*": () => left * right,
    "/": () => left / right,
    "%": () => left % right,
    "**": () => left ** right,
  };
  return BigInt(operations[operator]?.() ?? 0n);
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function unclear(): NotStatic {
  return new NotStatic("its arithmetic isn't understood");
}
