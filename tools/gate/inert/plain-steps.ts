import { constantText } from "../../pkgbuild/grammar/constants.ts";
import type { Command, FunctionDefinition } from "../../pkgbuild/grammar/syntax.ts";

/** The function's own commands, where it is a plain list of them. */
export function commandsOf(definitions: readonly FunctionDefinition[]): readonly Command[] | undefined {
  const [definition, ...others] = definitions;
  if (!definition || others.length > 0) return undefined;
  const { body } = definition;
  if (body.compound.kind !== "group" || body.redirections.length > 0) return undefined;
  const { statements } = body.compound.body;
  if (statements.some(({ background }) => background)) return undefined;
  return statements.map(({ command }) => command);
}

/** A variable that is assigned once, to texts that are written out. */
export function plainAssignment(
  command: Command,
): { readonly name: string; readonly texts: readonly string[] } | undefined {
  if (command.kind !== "simple" || command.words.length > 0 || command.redirections.length > 0)
    return undefined;
  const [assignment, ...others] = command.assignments;
  if (!assignment || others.length > 0 || assignment.append || assignment.index) return undefined;
  const { name, value } = assignment;
  const elements = value.kind === "array" ? value.elements : [{ ...value, index: undefined, append: false }];
  if (elements.some(({ index, append }) => index || append)) return undefined;
  const texts = elements.map(({ word }) => constantText(word));
  return texts.every((text) => text !== undefined) ? { name, texts } : undefined;
}
