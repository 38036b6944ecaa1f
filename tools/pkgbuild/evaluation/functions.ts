import { readScript } from "../grammar/commands.ts";
import { commandName, constantText } from "../grammar/constants.ts";
import { Cursor, Unreadable } from "../grammar/cursor.ts";
import { expandText } from "./expansion/expand.ts";
import type { Scope } from "./expansion/scope.ts";
import type { Command, FunctionDefinition, Script, SimpleCommand } from "../grammar/syntax.ts";

/** All functions of a file by name, in the order of the text; bash takes the definition that it ran last. */
export type Functions = ReadonlyMap<string, readonly FunctionDefinition[]>;

export function byName(definitions: readonly FunctionDefinition[]): Functions {
  const functions = new Map<string, FunctionDefinition[]>();
  for (const definition of definitions) {
    const same = functions.get(definition.name);
    if (same) same.push(definition);
    else functions.set(definition.name, [definition]);
  }
  return functions;
}

/** What `eval` would run; undefined where the text isn't understood. */
export function readText(text: string, line: number): { script: Script; functions: Functions } | undefined {
  const cursor = new Cursor(text, { line, depth: 0 });
  try {
    const script = readScript(cursor, []);
    if (cursor.pendingDocuments.length > 0) return undefined;
    return { script, functions: byName(cursor.functions) };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** What `declare -f name` prints, also piped through `tail -n +2` or `+3`; undefined for anything else. */
export function printedFunction(
  { statements }: Script,
  scope: Scope & { readonly functions: Functions },
): string | undefined {
  const [only] = statements;
  if (!only || statements.length > 1 || only.background) return undefined;
  const [declaration, tail, ...more] = stagesOf(only.command);
  if (!declaration || more.length > 0) return undefined;
  const printed = definitionOf(declaration, scope);
  if (!printed || !tail) return printed && `${printed.name} () \n${printed.bodyText}`;
  const skipped = words(tail).join(" ").replace("-n ", "");
  if (skipped === "tail +2") return printed.bodyText;
  return skipped === "tail +3" && printed.bodyText.startsWith("{") ? printed.bodyText.slice(1) : undefined;
}

function stagesOf(command: Command): (SimpleCommand | undefined)[] {
  const commands = command.kind === "pipeline" ? command.stages.map((stage) => stage.command) : [command];
  return commands.map((stage) =>
    stage.kind === "simple" && stage.redirections.length === 0 ? stage : undefined,
  );
}

function definitionOf(
  command: SimpleCommand,
  scope: Scope & { readonly functions: Functions },
): FunctionDefinition | undefined {
  const [, option, name, ...more] = command.words;
  if (commandName(command) !== "declare" || more.length > 0 || name?.kind !== "word") return undefined;
  if (option?.kind !== "word" || constantText(option.word) !== "-f") return undefined;
  const definitions = scope.functions.get(expandText(name.word, scope)) ?? [];
  return definitions.length === 1 ? definitions[0] : undefined;
}

function words(command: SimpleCommand): (string | undefined)[] {
  return command.words.map((word) => (word.kind === "word" ? constantText(word.word) : undefined));
}
