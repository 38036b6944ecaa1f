import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
import type { Assignment, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { walkAssignment } from "../../pkgbuild/grammar/walk.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import { readsOfAssignment } from "./variable-reads.ts";

/** Whether it runs nothing: its value is compared by what it comes to. */
export function isPlain(assignment: Assignment): boolean {
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

/** Whether it only declares variables, by values that run nothing. */
export function isDeclaration(command: SimpleCommand): boolean {
  const name = commandName(command) ?? "";
  if (!/^(?:declare|typeset|local|export|readonly|unset)$/.test(name)) return false;
  if (command.redirections.length > 0 || command.assignments.length > 0) return false;
  return command.words.slice(1).every((word) => {
    if (word.kind === "assignment") return isPlain(word.assignment);
    return /^(?:-[aAfgrxv]+|[A-Za-z_]\w*)$/.test(constantText(word.word) ?? "-");
  });
}
