import type {
  Argument,
  Assignment,
  Command,
  Compound,
  FunctionDefinition,
  Redirection,
  Script,
  SimpleCommand,
  Statement,
  Substitution,
  TestExpression,
  Word,
  WordPart,
} from "./syntax.ts";

/** Called for what a walk comes by, outermost first. */
export interface Visitor {
  statement?(statement: Statement): void;
  simple?(command: SimpleCommand): void;
  compound?(compound: Compound, line: number): void;
  assignment?(assignment: Assignment): void;
  part?(part: WordPart): void;
  test?(expression: TestExpression): void;
  /** Says whether to go into the body; without it no function is entered. */
  function?(definition: FunctionDefinition): boolean;
  /** Says whether to go into a substitution's commands; without it each is entered. */
  substitution?(substitution: Substitution): boolean;
}

export function walkScript({ statements }: Script, visitor: Visitor): void {
  for (const statement of statements) {
    visitor.statement?.(statement);
    walkCommand(statement.command, visitor);
  }
}

export function walkCommand(command: Command, visitor: Visitor): void {
  switch (command.kind) {
    case "simple":
      visitor.simple?.(command);
      for (const assignment of command.assignments) walkAssignment(assignment, visitor);
      for (const argument of command.words) walkArgument(argument, visitor);
      return walkRedirections(command.redirections, visitor);
    case "pipeline":
      return command.stages.forEach((stage) => walkCommand(stage.command, visitor));
    case "chain":
      walkCommand(command.first, visitor);
      return command.rest.forEach((link) => walkCommand(link.command, visitor));
    case "function":
      if (visitor.function?.(command)) walkCommand(command.body, visitor);
      return;
    case "compound":
      visitor.compound?.(command.compound, command.line);
      walkCompound(command.compound, visitor);
      return walkRedirections(command.redirections, visitor);
  }
}

export function walkWord({ parts }: Word, visitor: Visitor): void {
  for (const part of parts) {
    visitor.part?.(part);
    if (part.kind === "parameter") {
      if (part.index) walkWord(part.index, visitor);
      for (const operand of part.operands) walkWord(operand, visitor);
    } else if (part.kind === "substitution") {
      if (visitor.substitution?.(part) ?? true) walkScript(part.script, visitor);
    } else if (part.kind === "arithmetic") {
      walkWord(part.expression, visitor);
    } else if (part.kind === "extended-pattern") {
      for (const alternative of part.alternatives) walkWord(alternative, visitor);
    }
  }
}

function walkArgument(argument: Argument, visitor: Visitor): void {
  if (argument.kind === "word") walkWord(argument.word, visitor);
  else walkAssignment(argument.assignment, visitor);
}

export function walkAssignment(assignment: Assignment, visitor: Visitor): void {
  visitor.assignment?.(assignment);
  if (assignment.index) walkWord(assignment.index, visitor);
  if (assignment.value.kind === "scalar") return walkWord(assignment.value.word, visitor);
  for (const { index, word } of assignment.value.elements) {
    if (index) walkWord(index, visitor);
    walkWord(word, visitor);
  }
}

function walkRedirections(redirections: readonly Redirection[], visitor: Visitor): void {
  for (const { target, document } of redirections) {
    walkWord(target, visitor);
    if (document) walkWord(document, visitor);
  }
}

function walkCompound(compound: Compound, visitor: Visitor): void {
  switch (compound.kind) {
    case "group":
    case "subshell":
      return walkScript(compound.body, visitor);
    case "if":
      for (const { condition, body } of compound.branches) {
        walkScript(condition, visitor);
        walkScript(body, visitor);
      }
      return compound.otherwise && walkScript(compound.otherwise, visitor);
    case "while":
    case "until":
      walkScript(compound.condition, visitor);
      return walkScript(compound.body, visitor);
    case "for":
    case "select":
      for (const word of compound.words ?? []) walkWord(word, visitor);
      return walkScript(compound.body, visitor);
    case "arithmetic-for":
      for (const word of compound.header) walkWord(word, visitor);
      return walkScript(compound.body, visitor);
    case "case":
      walkWord(compound.subject, visitor);
      for (const { patterns, body } of compound.items) {
        for (const pattern of patterns) walkWord(pattern, visitor);
        walkScript(body, visitor);
      }
      return;
    case "test":
      return walkTest(compound.expression, visitor);
    case "arithmetic":
      return walkWord(compound.expression, visitor);
  }
}

function walkTest(expression: TestExpression, visitor: Visitor): void {
  visitor.test?.(expression);
  switch (expression.kind) {
    case "not":
      return walkTest(expression.operand, visitor);
    case "and":
    case "or":
      return expression.operands.forEach((operand) => walkTest(operand, visitor));
    case "unary":
      return walkWord(expression.word, visitor);
    case "binary":
      walkWord(expression.left, visitor);
      return walkWord(expression.right, visitor);
  }
}
