import type {
  Assignment,
  Command,
  Compound,
  FunctionDefinition,
  Script,
  Statement,
} from "../grammar/syntax.ts";
import { walkAssignment, walkScript } from "../grammar/walk.ts";

/** What makepkg finds of a field in a package's function. */
export interface PrintedLines {
  /** In their order: the assignments that makepkg evaluates, each by itself. */
  readonly assignments: readonly Assignment[];
  /** More than a plain assignment would be evaluated, or other text that looks like one. */
  readonly unclear: boolean;
}

/**
 * makepkg prints a package's function with `declare -f`, and evaluates the lines of it that begin with a field's name
 * and `=` or `+=`: for a list those with a parenthesis behind it, for a single value those with anything else
 * (`extract_function_variable` in makepkg's pkgbuild.sh). Conditions and loops around a line don't count, nor do the
 * function's other variables.
 */
export function printedLines(definition: FunctionDefinition): FieldLines {
  let lines: readonly Line[] | undefined;
  let written: readonly WrittenName[] | undefined;
  return {
    named: assignedNames(definition.bodyText),
    // Most functions name no field, and so needn't be read.
    of: (field, kind) => {
      lines ??= insideOf(definition.body);
      written ??= writtenNames(definition.bodyText);
      return linesOf(field, kind, lines, written, definition);
    },
  };
}

const ofName = /\w/;

/** Every name that `=` or `+=` stands behind, in whatever it is. */
function assignedNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at = text.indexOf("="); at !== -1; at = text.indexOf("=", at + 1)) {
    const end = text[at - 1] === "+" ? at - 1 : at;
    let start = end;
    while (start > 0 && ofName.test(text[start - 1]!)) start -= 1;
    if (start < end) names.add(text.slice(start, end));
  }
  return names;
}

/** A line that begins with a name and `=` or `+=`, from 0. */
interface WrittenName {
  readonly name: string;
  readonly at: number;
}

function writtenNames(text: string): WrittenName[] {
  return text.split("\n").flatMap((line, at) => {
    const [, name] = /^\s*(\w+)\+?=/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, at }];
  });
}

interface FieldLines {
  /** No other field has lines. */
  readonly named: ReadonlySet<string>;
  /** Of a list the lines with a parenthesis count, of a single value the others. */
  of(field: string, kind: "single" | "list"): PrintedLines;
}

function linesOf(
  field: string,
  kind: "single" | "list",
  found: readonly Line[],
  written: readonly WrittenName[],
  { body }: FunctionDefinition,
): PrintedLines {
  const assignments: Assignment[] = [];
  let unclear = false;
  for (const { assignment, alone } of found) {
    if (
      assignment.name !== field ||
      assignment.index ||
      (assignment.value.kind === "array") !== (kind === "list")
    )
      continue;
    if (alone && isOneLine(assignment)) assignments.push(assignment);
    else unclear = true;
  }
  const own = new Set(
    found.flatMap(({ assignment }) => (assignment.name === field ? [assignment.line] : [])),
  );
  for (const { name, at } of written) if (name === field && !own.has(body.line + at)) unclear = true;
  return { assignments, unclear };
}

interface Line {
  readonly assignment: Assignment;
  /** Nothing else is printed on its line. */
  readonly alone: boolean;
}

function linesOfStatement({ command, background }: Statement, at: number, all: readonly Statement[]): Line[] {
  const first = firstOf(command);
  const own: Line[] = [];
  if (first?.kind === "simple") {
    const [assignment, another] = first.assignments;
    const isPlain = first.words.length === 0 && first.redirections.length === 0;
    // Behind the last one `declare -f` prints no semicolon, and makepkg wants something behind the `=`.
    const isSeen = at < all.length - 1 || !(assignment && isEmpty(assignment));
    const alone = command === first && !another && isPlain && !background && isSeen;
    if (assignment) own.push({ assignment, alone });
  }
  return [...own, ...insideOf(command)];
}

/** The command that a printed line begins with. */
function firstOf(command: Command): Command | undefined {
  if (command.kind === "chain") return firstOf(command.first);
  if (command.kind !== "pipeline") return command;
  const [first] = command.stages;
  return command.negated || command.timed ? undefined : first && firstOf(first.command);
}

/** What stands on lines of their own inside of a command. */
function insideOf(command: Command): Line[] {
  switch (command.kind) {
    case "simple":
      return [];
    case "pipeline":
      return command.stages.flatMap((stage) => insideOf(stage.command));
    case "chain":
      return [command.first, ...command.rest.map((link) => link.command)].flatMap(insideOf);
    case "function":
      return insideOf(command.body);
    case "compound":
      return insideOfCompound(command.compound);
  }
}

function insideOfCompound(compound: Compound): Line[] {
  switch (compound.kind) {
    case "test":
    case "arithmetic":
      return [];
    case "if":
      return [
        ...compound.branches.flatMap(({ condition, body }) => [
          ...unclearIn(condition),
          ...linesOfScript(body),
        ]),
        ...(compound.otherwise ? linesOfScript(compound.otherwise) : []),
      ];
    case "while":
    case "until":
      return [...unclearIn(compound.condition), ...linesOfScript(compound.body)];
    case "case":
      return compound.items.flatMap(({ body }) => linesOfScript(body));
    case "subshell":
      return unclearIn(compound.body);
    default:
      return linesOfScript(compound.body);
  }
}

function linesOfScript({ statements }: Script): Line[] {
  return statements.flatMap(linesOfStatement);
}

/** Parentheses and keywords stand on some of these lines, too. */
function unclearIn(script: Script): Line[] {
  const found: Line[] = [];
  walkScript(script, { assignment: (assignment) => void found.push({ assignment, alone: false }) });
  return found;
}

/** Bash prints a list on one line; line ends within quotes stay, and an empty value may end its line. */
function isEmpty({ value }: Assignment): boolean {
  return value.kind === "scalar" && value.word.parts.length === 0;
}

function isOneLine(assignment: Assignment): boolean {
  let oneLine = true;
  walkAssignment(assignment, {
    part: (part) => void (oneLine &&= part.kind !== "literal" || !part.text.includes("\n")),
  });
  return oneLine;
}
