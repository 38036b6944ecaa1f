import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type {
  Assignment,
  Compound,
  CompoundCommand,
  Script,
  SimpleCommand,
  Statement,
} from "../../pkgbuild/grammar/syntax.ts";
import { normaliseCommand, normaliseScript } from "../../pkgbuild/normal-form/normalise.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import { defaultsIn, isDeclaration, isPlain } from "./plain-assignments.ts";

/** What a statement does, in a form that is equal where bash runs the same. */
export interface CommandForm {
  readonly kind: "code" | "declaration";
  /** Without the plain values that are assigned in it. */
  readonly form: string;
}

/** Undefined for plain assignments and definitions of functions. */
export function formOfStatement({
  command,
  background,
}: Pick<Statement, "command" | "background">): CommandForm | undefined {
  if (background) return code(`${normaliseCommand(command)} &`);
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

function code(form: string): CommandForm {
  return { kind: "code", form };
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
