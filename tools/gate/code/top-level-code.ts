import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import { calledBy } from "./called-functions.ts";
import { normaliseCommand, normaliseScript } from "../../pkgbuild/normal-form/normalise.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import type {
  Assignment,
  Command,
  Compound,
  CompoundCommand,
  Script,
  SimpleCommand,
  Statement,
} from "../../pkgbuild/grammar/syntax.ts";
import { type Visitor, walkAssignment, walkCommand, walkWord } from "../../pkgbuild/grammar/walk.ts";

/** Something at top level that is more than a plain assignment or a function's definition. */
export interface TopLevelCode {
  readonly kind: "code" | "declaration";
  readonly line: number;
  /** Equal where bash runs the same, apart from the plain values that are assigned in it. */
  readonly form: string;
  /** Names of the variables that it reads, also in the functions that it calls. */
  readonly reads: ReadonlySet<string>;
  /** Names of the functions that it calls, over any number of steps. */
  readonly calls: ReadonlySet<string>;
  /** Whether it runs commands, and not only compares and assigns. */
  readonly runsSomething: boolean;
  /** Its form, and the bodies of those functions. */
  runs(): string;
  /** Names of those variables in the order in which they were assigned before it. */
  readonly assignedBefore: string;
}

/** What runs, or decides what runs, as soon as the file is read, in the order of the text. */
export function topLevelCode({ script, functions }: Pick<Recipe, "script" | "functions">): TopLevelCode[] {
  const found: TopLevelCode[] = [];
  const assigned: string[] = [];
  // Most recipes have no such thing, and then nobody asks what was assigned before it.
  let noted = 0;
  for (const [at, { command, background, line }] of script.statements.entries()) {
    const described = background ? code(normaliseCommand(command) + " &") : describe(command);
    if (!described) continue;
    for (; noted < at; noted += 1) assigned.push(...assignedIn(script.statements[noted]));
    const calls = calledBy(command, functions);
    const bodies = [...calls].flatMap((name) => (functions.get(name) ?? []).map(({ body }) => body));
    const reads = readsOf((visitor) => [command, ...bodies].forEach((one) => walkCommand(one, visitor)));
    const runs = (): string => [described.form, ...bodies.map((body) => normaliseCommand(body))].join("\n");
    const assignedBefore = assigned.filter((name) => reads.has(name)).join(" ");
    const runsSomething = runsCommand(command);
    found.push({ ...described, line, reads, calls, runsSomething, runs, assignedBefore });
  }
  return found;
}

function runsCommand(command: Command): boolean {
  let runs = false;
  walkCommand(command, {
    simple(one) {
      if (one.words.length > 0 && !/^(?:\[|:|true|false)$/.test(commandName(one) ?? "")) runs = true;
    },
    part({ kind }) {
      if (kind === "substitution" || kind === "arithmetic") runs = true;
    },
  });
  return runs;
}

function assignedIn(statement: Statement | undefined): string[] {
  const names: string[] = [];
  if (statement) walkCommand(statement.command, { assignment: ({ name }) => void names.push(name) });
  return names;
}

export function formsOf(list: readonly TopLevelCode[]): string {
  return list.map(({ form }) => form).join("\n");
}

/** Names of the variables that are expanded, and in arithmetic all words. */
export function readsOf(walk: (visitor: Visitor) => void): Set<string> {
  const reads = new Set<string>();
  const addWords = (text: string): void => {
    for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) reads.add(word);
  };
  walk({
    part(part) {
      if (part.kind === "parameter") {
        reads.add(part.name);
        if (part.index) addWords(normaliseWord(part.index));
        if (part.operator === ":") for (const operand of part.operands) addWords(normaliseWord(operand));
      }
      if (part.kind === "arithmetic") addWords(normaliseWord(part.expression));
    },
    test(expression) {
      if (expression.kind === "unary" && /^-[vR]$/.test(expression.operator)) {
        addWords(normaliseWord(expression.word));
      }
      if (expression.kind === "binary" && /^-..$/.test(expression.operator)) {
        addWords(normaliseWord(expression.left));
        addWords(normaliseWord(expression.right));
      }
    },
    compound(compound) {
      if (compound.kind === "arithmetic") addWords(normaliseWord(compound.expression));
    },
  });
  return reads;
}

type Described = Pick<TopLevelCode, "kind" | "form"> | undefined;

function code(form: string): Described {
  return { kind: "code", form };
}

function describe(command: Command): Described {
  switch (command.kind) {
    case "function":
      return undefined;
    case "simple": {
      const form = formOfSimple(command);
      if (form === "") return undefined;
      return isDeclaration(command) ? { kind: "declaration", form } : code(form);
    }
    case "compound":
      return code(formOfCompound(command));
    default:
      return code(normaliseCommand(command));
  }
}

/** Empty for plain assignments. */
function formOfSimple(command: SimpleCommand): string {
  if (command.words.length === 0 && command.redirections.length === 0) {
    return command.assignments
      .map((assignment) => formOfAssignment(assignment, ""))
      .join(" ")
      .trim();
  }
  const defaults = defaultsIn(command);
  if (defaults) return defaults.every(({ plain }) => plain) ? "" : normaliseCommand(command);
  if (!isDeclaration(command)) return normaliseCommand(command);
  const words = command.words.slice(1).map((word) => {
    return word.kind === "word"
      ? normaliseWord(word.word)
      : formOfAssignment(word.assignment, word.assignment.name);
  });
  return [commandName(command), ...words].join(" ");
}

/** A value that runs nothing is compared by what it comes to, not here. */
function formOfAssignment(assignment: Assignment, plain: string): string {
  if (isPlain(assignment)) return plain;
  return normaliseCommand({
    kind: "simple",
    line: 0,
    assignments: [assignment],
    words: [],
    redirections: [],
  });
}

function isPlain(assignment: Assignment): boolean {
  let plain = true;
  walkAssignment(assignment, {
    part(part) {
      if (part.kind === "substitution" || part.kind === "arithmetic") plain = false;
      if (part.kind !== "parameter") return;
      if (part.operator.startsWith("@") || (part.prefix === "!" && part.index === undefined)) plain = false;
      if (/^:?[=?]$/.test(part.operator)) plain = false;
      if (part.index && !isPlainIndex(normaliseWord(part.index))) plain = false;
      if (part.operator === ":" && !part.operands.every((word) => /^["\s<>\d-]*$/.test(normaliseWord(word))))
        plain = false;
    },
  });
  if (assignment.index && !isPlainIndex(normaliseWord(assignment.index))) plain = false;
  return plain;
}

/** A subscript is arithmetic, which may run commands; a number, `@`, `*` and a word in quotes aren't. */
function isPlainIndex(index: string): boolean {
  return /^[<>"\s\w@*.-]*$/.test(index);
}

interface Default {
  readonly name: string;
  readonly form: string;
  readonly plain: boolean;
  readonly reads: ReadonlySet<string>;
}

/** What `: ${name:=value}` assigns; undefined for any other command. */
export function defaultsIn(command: SimpleCommand): Default[] | undefined {
  const [colon, ...words] = command.words;
  if (commandName(command) !== ":" || !colon || words.length === 0) return undefined;
  if (command.redirections.length > 0 || command.assignments.length > 0) return undefined;
  const defaults: Default[] = [];
  for (const argument of words) {
    const [part, ...more] = argument.kind === "word" ? argument.word.parts : [];
    if (part?.kind !== "parameter" || more.length > 0 || part.index || part.prefix !== "") return undefined;
    const [value] = part.operands;
    if (!/^:?=$/.test(part.operator) || !value || part.operands.length > 1) return undefined;
    const assignment: Assignment = {
      name: part.name,
      index: undefined,
      append: false,
      value: { kind: "scalar", word: value },
      line: part.line,
    };
    const form = `${part.operator}${normaliseWord(value, "assigned")}`;
    defaults.push({
      name: part.name,
      form,
      plain: isPlain(assignment),
      reads: readsOfAssignment(assignment),
    });
  }
  return defaults;
}

function isDeclaration(command: SimpleCommand): boolean {
  const name = commandName(command) ?? "";
  if (!/^(?:declare|typeset|local|export|readonly|unset)$/.test(name)) return false;
  if (command.redirections.length > 0 || command.assignments.length > 0) return false;
  return command.words.slice(1).every((word) => {
    if (word.kind === "assignment") return isPlain(word.assignment);
    return /^(?:-[aAfgrxv]+|[A-Za-z_]\w*)$/.test(constantText(word.word) ?? "-");
  });
}

/** Conditions to the letter; in their bodies plain assignments by name alone. */
function formOfCompound({ compound, redirections }: CompoundCommand): string {
  const own = formOfBodies(compound);
  if (redirections.length === 0) return own;
  return `${own} ${normaliseCommand({ kind: "simple", line: 0, assignments: [], words: [], redirections })}`;
}

function formOfBodies(compound: Compound): string {
  switch (compound.kind) {
    case "group":
      return `{ ${formOfScript(compound.body)} }`;
    case "if": {
      const branches = compound.branches.map(
        ({ condition, body }) => `if (${normaliseScript(condition)}) (${formOfScript(body)})`,
      );
      return [...branches, ...(compound.otherwise ? [formOfScript(compound.otherwise)] : [])].join(" else ");
    }
    case "case": {
      const items = compound.items.map(
        ({ patterns, body, end }) =>
          `(${patterns.map((pattern) => normaliseWord(pattern)).join(" | ")}) (${formOfScript(body)}) ${end}`,
      );
      return `case ${normaliseWord(compound.subject, "assigned")} ${items.join(" ")}`;
    }
    case "for": {
      const words = compound.words?.map((word) => normaliseWord(word)).join(" ") ?? "{@}";
      return `for ${compound.name} in ${words} (${formOfScript(compound.body)})`;
    }
    default:
      return normaliseCommand({ kind: "compound", line: 0, compound, redirections: [] });
  }
}

function formOfScript({ statements }: Script): string {
  return statements
    .map(({ command, background }) => {
      if (background) return `${normaliseCommand(command)} &`;
      if (command.kind === "compound") return formOfCompound(command);
      if (command.kind === "function") return `function ${command.name}`;
      if (command.kind !== "simple") return normaliseCommand(command);
      if (command.words.length > 0 || command.redirections.length > 0) return formOfSimple(command);
      return command.assignments
        .map((assignment) => formOfAssignment(assignment, `${assignment.name}=`))
        .join(" ");
    })
    .join("; ");
}

/** Names of the variables that a word reads. */
export function readsOfAssignment(assignment: Assignment): Set<string> {
  return readsOf((visitor) => {
    if (assignment.index) walkWord(assignment.index, visitor);
    walkAssignment(assignment, visitor);
  });
}
