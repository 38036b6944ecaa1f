import { type Assigner, valueOfWord } from "./assigning.ts";
import { declarationSteps, notFollowed } from "./declarations.ts";
import type { Assignment, SimpleCommand, Word } from "../grammar/syntax.ts";
import type { ShellVariables } from "./shell-variables.ts";
import type { Value } from "./values.ts";

interface Declarer extends Assigner {
  assign(assignment: Assignment): void;
}

/** Runs `declare`, `typeset`, `local`, `export` and `readonly`. */
export function runDeclaration(
  command: SimpleCommand,
  shell: Declarer,
  variables: ShellVariables,
  line: number,
): void {
  const expanded = expandedFirst(command, shell);
  for (const step of declarationSteps(command)) {
    switch (step.kind) {
      case "assign": {
        const { assignment, associative } = step;
        if (associative) variables.makeAssociative(assignment.name, line);
        assignExpanded(assignment, expanded.get(assignment), shell, variables);
        break;
      }
      case "set":
        shell.set(step.name, step.text);
        break;
      case "associative":
        variables.makeAssociative(step.name, line);
        break;
      case "local":
        variables.declare(step.name, line);
        break;
      case "global":
        variables.declareGlobally(step.name, line);
        break;
      case "unknown":
        variables.spoilName(step.name, notFollowed, line);
        break;
      case "readonly":
        variables.makeReadOnly(step.name);
        break;
      case "spoil":
        variables.spoil(step.reason, line);
    }
  }
}

/** Bash expands all arguments that aren't lists before it declares the first of them. */
function expandedFirst({ words }: SimpleCommand, shell: Declarer): ReadonlyMap<Assignment, Value> {
  const expanded = new Map<Assignment, Value>();
  for (const argument of words) {
    if (argument.kind !== "assignment" || argument.assignment.value.kind !== "scalar") continue;
    const { word } = argument.assignment.value;
    expanded.set(argument.assignment, valueOfWord(word, word.line, shell, ""));
  }
  return expanded;
}

function assignExpanded(
  assignment: Assignment,
  value: Value | undefined,
  shell: Declarer,
  variables: ShellVariables,
): void {
  if (!value || assignment.value.kind !== "scalar") return shell.assign(assignment);
  if (!value.known) return variables.spoilName(assignment.name, value.reason, value.line);
  const { line } = assignment.value.word;
  const word: Word = { parts: [{ kind: "literal", text: value.text, quoted: true }], line };
  shell.assign({ ...assignment, value: { kind: "scalar", word } });
}
