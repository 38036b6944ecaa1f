import { commandName } from "../grammar/constants.ts";
import type { ArrayElement, Assignment, Script, Word, WordPart } from "../grammar/syntax.ts";
import { walkAssignment, walkScript } from "../grammar/walk.ts";
import type { Walk } from "./effects.ts";

/** Whether the assignment runs a command, whose status is then its own. */
export function substitutes(assignment: Assignment): boolean {
  const { index, value } = assignment;
  // Thousands are asked, and most consist of text and plain variables.
  if (value.kind === "array" && value.texts) return false;
  if (!index && (value.kind === "scalar" ? isPlain(value.word) : value.elements.every(isPlainElement)))
    return false;
  let found = false;
  walkAssignment(assignment, { part: (part) => void (found ||= part.kind === "substitution") });
  return found;
}

function isPlainElement({ index, word }: ArrayElement): boolean {
  return !index && isPlain(word);
}

function isPlain({ parts }: Word): boolean {
  return parts.every(isTextOrName);
}

function isTextOrName(part: WordPart): boolean {
  const isName = part.kind === "parameter" && part.index === undefined && part.operands.length === 0;
  return isName || part.kind === "literal";
}

/** Whether a loop with this body may end before its list does. */
export function leavesEarly(body: Script): boolean {
  let found = false;
  walkScript(body, {
    simple: (command) => void (found ||= /^(?:break|continue)$/.test(commandName(command) ?? "")),
  });
  return found;
}

/** Whether this may end the function that it stands in, or change its arguments. */
export function leavesFunction(walk: Walk): boolean {
  let found = false;
  walk({
    simple: (command) => void (found ||= /^(?:return|exit|shift)$/.test(commandName(command) ?? "")),
    substitution: () => false,
  });
  return found;
}
