import { commandName, constantText } from "../grammar/constants.ts";
import type { Assignment, SimpleCommand } from "../grammar/syntax.ts";

/** What a declaration does to the shell, one step after the other. */
export type DeclarationStep =
  | { readonly kind: "assign"; readonly assignment: Assignment; readonly associative: boolean }
  | { readonly kind: "set"; readonly name: string; readonly text: string }
  | { readonly kind: "associative" | "unknown" | "readonly"; readonly name: string }
  /** From here on the name is a variable of the function's own, or that of everybody. */
  | { readonly kind: "local" | "global"; readonly name: string }
  /** Any variable may be another from here on. */
  | { readonly kind: "spoil"; readonly reason: string };

/** The steps of `declare`, `typeset`, `local`, `export` and `readonly`. */
export function declarationSteps(command: SimpleCommand): DeclarationStep[] {
  const steps: DeclarationStep[] = [];
  let associative = false;
  let followed = true;
  let scope: "local" | "global" | undefined = declaresLocally(command) ? "local" : undefined;
  let readOnly = commandName(command) === "readonly";
  for (const argument of command.words.slice(1)) {
    if (argument.kind === "assignment") {
      const { name } = argument.assignment;
      if (scope) steps.push({ kind: scope, name });
      steps.push({ kind: "assign", assignment: argument.assignment, associative });
      if (!followed) steps.push({ kind: "unknown", name });
      if (readOnly) steps.push({ kind: "readonly", name });
      continue;
    }
    const text = constantText(argument.word);
    const [, quotedName, quotedText] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text ?? "") ?? [];
    if (quotedName !== undefined && quotedText !== undefined && followed && !associative) {
      if (scope) steps.push({ kind: scope, name: quotedName });
      steps.push({ kind: "set", name: quotedName, text: quotedText });
      if (readOnly) steps.push({ kind: "readonly", name: quotedName });
    } else if (text === undefined || !/^(?:-[a-zA-Z]+|[A-Za-z_]\w*)$/.test(text)) {
      steps.push({ kind: "spoil", reason: notFollowed });
    } else if (text.startsWith("-")) {
      associative ||= text.includes("A");
      followed &&= /^-[aAgrx]+$/.test(text);
      if (/[fFp]/.test(text)) scope = undefined;
      else if (scope && text.includes("g")) scope = "global";
      readOnly ||= text.includes("r");
      if (/[ni]/.test(text)) steps.push({ kind: "spoil", reason: "it declares a reference or an integer" });
    } else {
      if (scope) steps.push({ kind: scope, name: text });
      if (associative) steps.push({ kind: "associative", name: text });
      else if (!followed) steps.push({ kind: "unknown", name: text });
      if (readOnly) steps.push({ kind: "readonly", name: text });
    }
  }
  return steps;
}

/** `declare`, `typeset` and `local`, which in a function make a variable of its own unless told `-g`. */
export function declaresLocally(command: SimpleCommand): boolean {
  return ["declare", "typeset", "local"].includes(commandName(command) ?? "");
}

export const notFollowed = "its declaration isn't followed";
