import { commandName } from "../../grammar/constants.ts";
import { expandFields, expandText } from "../expansion/expand.ts";
import type { Scope } from "../expansion/scope.ts";
import type { Command, Script, SimpleCommand } from "../../grammar/syntax.ts";
import { sed } from "./sed.ts";
import { type Budget, NotStatic } from "../values.ts";

/** What a program makes of its arguments and a line of input. */
type TextProgram = (args: readonly string[], line: string, budget: Budget) => string;

/** Programs that only change text, and what of them is understood; the rest is not followed. */
const programs: Readonly<Record<string, TextProgram>> = { sed, tr, cut };

/**
 * What a command substitution prints that does nothing but change text: `$(echo "$pkgver" | sed 's/_/-/g')`,
 * `$(tr - . <<< "$_tag")`. One line only. Nothing is run: the programs' plainest uses are done here.
 *
 * @param isFunction whether the recipe has a function of that name
 * @throws NotStatic
 */
export function printedText(script: Script, scope: Scope, isFunction: (name: string) => boolean): string {
  const [only, ...others] = script.statements;
  if (!only || others.length > 0 || only.background) throw notFollowed();
  return stagesOf(only.command).reduce<string | undefined>((input, command, position) => {
    const name = commandName(command);
    if (name === undefined || isFunction(name) || command.assignments.length > 0 || scope.sets("PATH"))
      throw notFollowed();
    const line = hereString(command, scope) ?? input;
    const args = command.words.slice(1).flatMap((argument) => {
      if (argument.kind !== "word") throw notFollowed();
      return expandFields(argument.word, scope);
    });
    if (position === 0 && line === undefined && (name === "echo" || name === "printf"))
      return oneLine(
        name === "echo" ? args.join(" ") : formatted(args),
        name === "echo" ? args[0] : undefined,
      );
    const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
    if (!program || line === undefined) throw notFollowed();
    return oneLine(program(args, line, scope.budget));
  }, undefined)!;
}

function stagesOf(command: Command): SimpleCommand[] {
  const isPipeline = command.kind === "pipeline" && !command.negated && !command.timed;
  const stages = isPipeline ? command.stages : [{ command, stderr: false }];
  return stages.map((stage) => {
    if (stage.command.kind !== "simple" || stage.stderr) throw notFollowed();
    return stage.command;
  });
}

function hereString({ redirections }: SimpleCommand, scope: Scope): string | undefined {
  const [only, ...others] = redirections;
  if (!only) return undefined;
  if (others.length > 0 || only.operator !== "<<<" || only.descriptor !== "") throw notFollowed();
  return oneLine(expandText(only.target, scope));
}

/** @param option what `echo` may take for one */
function oneLine(text: string, option = ""): string {
  if (/[^\x20-\x7e]/.test(text) || option.startsWith("-")) throw notFollowed();
  return text;
}

/** `printf '%s' a`, `printf '%s-%s\n' a b` */
function formatted([format = "", ...args]: readonly string[]): string {
  const plain = format.replace(/\\n$/, "");
  const places = plain.split("%s");
  if (/[%\\]/.test(places.join("")) || places.length !== args.length + 1 || format.startsWith("-"))
    throw notFollowed();
  return places.map((text, at) => text + (args[at] ?? "")).join("");
}

/** `tr -d SET`, `tr SET SET` with plain characters and ranges. */
function tr(args: readonly string[], line: string): string {
  const isDeleting = args[0] === "-d" || args[0] === "--delete";
  const [from, to, ...more] = (isDeleting ? args.slice(1) : args).map(characters);
  if (!from || more.length > 0 || isDeleting === (to !== undefined) || to?.length === 0) throw notFollowed();
  return Array.from(line, (char) => {
    const at = from.lastIndexOf(char);
    if (at === -1) return char;
    return to === undefined ? "" : to[Math.min(at, to.length - 1)];
  }).join("");
}

function characters(set: string): string[] {
  if (set === "[:upper:]") return characters("A-Z");
  if (set === "[:lower:]") return characters("a-z");
  if (/[\\[\]]/.test(set) || /^-./.test(set)) throw notFollowed();
  return [...set.matchAll(/([a-z])-([a-z])|([A-Z])-([A-Z])|([0-9])-([0-9])|([^])/g)].flatMap((found) => {
    const [, ...parts] = found;
    const [first, last = first] = parts.filter((part) => part !== undefined);
    if (first!.length !== 1 || (found[0] === "-" && set.length > 1 && !set.endsWith("-")))
      throw notFollowed();
    const [low, high] = [first!.charCodeAt(0), last!.charCodeAt(0)];
    if (high < low) throw notFollowed();
    return Array.from({ length: high - low + 1 }, (_, at) => String.fromCharCode(low + at));
  });
}

/** `cut -d X -f N`, also `N,M`, `N-` and `N-M`. */
function cut(args: readonly string[], line: string): string {
  const [, delimiter, list] =
    /^-d ?(?:\0)?(.)\0-f\0?([\d,-]+)$/.exec(args.join("\0").replace("-d\0", "-d")) ?? [];
  if (delimiter === undefined || list === undefined) throw notFollowed();
  const fields = line.split(delimiter);
  if (fields.length === 1) return line;
  const wanted = new Set<number>();
  for (const range of list.split(",")) {
    const [, low, dash, high] = /^([1-9]\d{0,2})(-?)([1-9]\d{0,2})?$/.exec(range) ?? [];
    if (low === undefined || (dash === "" && high !== undefined)) throw notFollowed();
    const last = dash === "" ? Number(low) : high === undefined ? fields.length : Number(high);
    for (let at = Number(low); at <= last; at += 1) wanted.add(at);
  }
  return fields.filter((_, at) => wanted.has(at + 1)).join(delimiter);
}

function notFollowed(): NotStatic {
  return new NotStatic("a command would have to be run");
}
