import { normaliseWord } from "./normalise-words.ts";
import type {
  Argument,
  AssignedValue,
  Assignment,
  Branch,
  Command,
  Compound,
  CompoundCommand,
  Redirection,
  Script,
  TestExpression,
} from "../grammar/syntax.ts";

/**
 * A form in which two scripts are equal exactly when bash reads the same from them: comments, blanks, line
 * ends, continuations, ways of quoting, `$x` for `${x}`, backticks and a formatter's taste are gone; all else
 * is kept, here-documents to the letter. Made for comparing, not for showing.
 */
export function normaliseScript({ statements }: Script): string {
  return statements
    .map(({ command, background }) => normaliseCommand(command) + (background ? " &" : ""))
    .join("; ");
}

export function normaliseCommand(command: Command): string {
  if (command.kind === "simple") return formOf(command);
  const known = forms.get(command) ?? formOf(command);
  forms.set(command, known);
  return known;
}

/** Functions' bodies are compared many times. */
const forms = new WeakMap<Command, string>();

function formOf(command: Command): string {
  switch (command.kind) {
    case "simple":
      return [
        ...command.assignments.map(assignment),
        ...command.words.map(argument),
        ...command.redirections.map(redirection),
      ].join(" ");
    case "pipeline": {
      const stages = command.stages.map(
        ({ command, stderr }) => `${normaliseCommand(command)}${stderr ? ' 2>&"1"' : ""} |`,
      );
      return `(${command.timed && `${command.timed} `}${command.negated ? "! " : ""}${stages.join(" ")})`;
    }
    case "chain": {
      const rest = command.rest.map(({ operator, command }) => ` ${operator} ${normaliseCommand(command)}`);
      return `(${normaliseCommand(command.first)}${rest.join("")})`;
    }
    case "function":
      return `(function ${JSON.stringify(command.name)} ${body(command.body)})`;
    case "compound":
      return [`(${compound(command.compound)})`, ...command.redirections.map(redirection)].join(" ");
  }
}

/** The value alone, without the name and the sign. */
export function normaliseValue(value: AssignedValue): string {
  if (value.kind === "scalar") return normaliseWord(value.word, "assigned");
  const elements = value.elements.map(({ index, append, word }) =>
    index
      ? `[${normaliseWord(index)}]${append ? "+=" : "="}${normaliseWord(word, "assigned")}`
      : normaliseWord(word),
  );
  return `(${elements.join(" ")})`;
}

function assignment({ name, index, append, value }: Assignment): string {
  const subscript = index ? `[${normaliseWord(index)}]` : "";
  return `${name}${subscript}${append ? "+=" : "="}${normaliseValue(value)}`;
}

function argument(argument: Argument): string {
  return argument.kind === "word" ? normaliseWord(argument.word) : assignment(argument.assignment);
}

/** A body that is no group runs as the only command of one. */
function body(command: CompoundCommand): string {
  const form = normaliseCommand(command);
  return command.compound.kind === "group" ? form : `(group ${form})`;
}

function redirection({ descriptor: written, operator, target, document }: Redirection): string {
  const descriptor = written === (operator.startsWith("<") ? "0" : "1") ? "" : written;
  // The delimiter and the tabs before it are no part of what is said.
  if (document) return `${descriptor}<<${normaliseWord(document)}`;
  return `${descriptor}${operator}${normaliseWord(target)}`;
}

function compound(compound: Compound): string {
  switch (compound.kind) {
    case "group":
    case "subshell":
      return `${compound.kind} ${normaliseScript(compound.body)}`;
    case "if":
      return branches(compound.branches, compound.otherwise);
    case "while":
    case "until":
      return `${compound.kind} (${normaliseScript(compound.condition)}) (${normaliseScript(compound.body)})`;
    case "for":
    case "select": {
      const words = compound.words?.map((word) => normaliseWord(word)).join(" ") ?? "{@}";
      return `${compound.kind} ${compound.name} in ${words} (${normaliseScript(compound.body)})`;
    }
    case "arithmetic-for": {
      const header = compound.header.map((word) => normaliseWord(word, "arithmetic"));
      return `for ((${header.join("; ")})) (${normaliseScript(compound.body)})`;
    }
    case "case": {
      const items = compound.items.map(
        ({ patterns, body, end }) =>
          `(${patterns.map((pattern) => normaliseWord(pattern)).join(" | ")}) (${normaliseScript(body)}) ${end}`,
      );
      return `case ${normaliseWord(compound.subject, "assigned")} ${items.join(" ")}`;
    }
    case "test":
      return `test ${test(compound.expression)}`;
    case "arithmetic":
      return `arithmetic ${normaliseWord(compound.expression, "arithmetic")}`;
  }
}

/** An `elif` is an `if` in the `else`. */
function branches(branches: readonly Branch[], otherwise: Script | undefined): string {
  return (
    branches.reduceRight<string | undefined>(
      (rest, { condition, body }, position) => {
        const start = `if (${normaliseScript(condition)}) (${normaliseScript(body)})`;
        if (rest === undefined) return start;
        return `${start} else (${position === branches.length - 1 ? rest : `(${rest})`})`;
      },
      otherwise && normaliseScript(otherwise),
    ) ?? ""
  );
}

function test(expression: TestExpression): string {
  switch (expression.kind) {
    case "not":
      return `(! ${test(expression.operand)})`;
    case "and":
    case "or":
      return `(${expression.operands.map(test).join(` ${expression.kind} `)})`;
    case "unary":
      return `(${expression.operator} ${normaliseWord(expression.word, "assigned")})`;
    case "binary": {
      const right = normaliseWord(expression.right, expression.operator === "=~" ? "exact" : "plain");
      return `(${normaliseWord(expression.left, "assigned")} ${expression.operator} ${right})`;
    }
  }
}
