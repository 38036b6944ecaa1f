import type {
  Command,
  Compound,
  Script,
  SimpleCommand,
  Statement,
  Word,
} from "../../pkgbuild/grammar/syntax.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import { type Visitor, walkCommand, walkScript } from "../../pkgbuild/grammar/walk.ts";
import { readsOf } from "../code/variable-reads.ts";
import { type CommandRule, rulesBrokenBy } from "./dangerous-commands.ts";
import { rulesBrokenByText, type TextRule } from "./dangerous-text.ts";
import { isInterpreter, isShell } from "../known/interpreters.ts";
import { ordersInFunction } from "../known/obeyed-variables.ts";
import { startingPlaceIn } from "../known/starting-places.ts";
import { pieced, type Pieces } from "./pieced-words.ts";
import { type Names, runOf, textOfWord } from "./resolved-words.ts";
import { namesSetBy, ruleOfSetting, type SettingRule } from "./indirect-assignments.ts";
import { type Folders, foldersOf, joined } from "./working-folder.ts";
import { redirectsOutside, writesOutside, writtenBy } from "./write-targets.ts";

type SignalRule = CommandRule | TextRule | SettingRule | "outside" | "look-alike-letters";

/** Something in a script that breaks a rule where it's new. */
export interface Signal {
  readonly rule: SignalRule;
  /** Equal where the same is done in the same words. */
  readonly key: string;
  readonly line: number;
  readonly text: string;
  readonly reads: ReadonlySet<string>;
  /** What does it; undefined for a part of a word. */
  readonly command?: Command;
}

/** What a script does that a reviewer has to know of, in functions and at top level. */
export function signalsIn(script: Script, names: Names, pieces: Pieces = new Map()): Signal[] {
  const signals: Signal[] = [];
  const known: Known = { names, pieces, folders: foldersOf(script, names) };
  const add = (rule: SignalRule, command: Command, line: number, text: string): void => {
    const reads = readsOf((visitor) => walkCommand(command, visitor));
    signals.push({ rule, key: `${rule} ${normaliseCommand(command)}`, line, text, reads, command });
  };
  const visitor: Visitor = {
    statement({ command, background, line }: Statement) {
      if (background) add("background", command, line, "&");
      visitPipeline(command, line, add, names);
    },
    simple(command) {
      visitSimple(command, known, add);
    },
    compound(compound, line) {
      const set = namesSetIn(compound).map(ruleOfSetting);
      for (const rule of set)
        if (rule) add(rule, { kind: "compound", line, compound, redirections: [] }, line, "");
    },
    part(part) {
      if (part.kind === "literal" && holdsCodeInSubscript(part.text)) {
        const key = `indirection ${part.text}`;
        signals.push({ rule: "indirection", key, line: 0, text: part.text, reads: new Set() });
      }
      const setting =
        part.kind === "parameter" && /^:?=$/.test(part.operator) ? ruleOfSetting(part.name) : undefined;
      if (setting && part.kind === "parameter") {
        const key = `${setting} ${normaliseWord({ parts: [part], line: part.line })}`;
        signals.push({ rule: setting, key, line: part.line, text: part.name, reads: new Set([part.name]) });
      }
      if (
        part.kind === "parameter" &&
        ((part.prefix === "!" && part.index === undefined) || part.operator.startsWith("@P"))
      ) {
        const word = { parts: [part], line: part.line };
        const key = `indirection ${normaliseWord(word)}`;
        signals.push({ rule: "indirection", key, line: part.line, text: key, reads: new Set([part.name]) });
      }
    },
    function({ body, line }) {
      const target = redirectsOutside(body.redirections, names);
      if (target !== undefined) add("outside", body, line, target);
      // makepkg reads it after the function has run, so it names a scriptlet as well as at top level.
      walkCommand(body, {
        simple(command) {
          for (const { name, line } of command.assignments)
            if (command.words.length === 0 && ruleOfSetting(name) === "scriptlet")
              add("scriptlet", command, line, name);
        },
      });
      return true;
    },
  };
  walkScript(script, visitor);
  return signals;
}

type Add = (rule: SignalRule, command: Command, line: number, text: string) => void;

interface Known {
  readonly names: Names;
  readonly pieces: Pieces;
  readonly folders: Folders;
}

function visitSimple(command: SimpleCommand, { names, pieces, folders }: Known, add: Add): void {
  const { line } = command;
  const run = runOf(command, names);
  const folder = folders.get(command);
  const said = [run.program, ...run.arguments].join(" ");
  for (const rule of rulesBrokenBy(run)) add(rule, command, line, said);
  if (command.words.length > 0 && isAssembled(command, run.program)) add("indirection", command, line, said);
  if (run.name === "exec" && (run.arguments.length > 0 || command.redirections.length > 0))
    add("background", command, line, said);
  // oxlint-disable-next-line no-control-regex
  if (/[^\x00-\x7f]/.test(run.program)) add("look-alike-letters", command, line, said);
  for (const name of namesSetBy(run, command)) {
    const rule = ruleOfSetting(name);
    // What declarations set is looked at with the assignments, but for a scriptlet's name.
    const isAssignment = /^(?:export|readonly|declare|typeset|local)$/.test(run.name ?? "");
    if (rule === "scriptlet" || (rule && !isAssignment)) add(rule, command, line, said);
  }
  const place = placeWritten(command, { names, pieces, folders });
  if (place !== undefined) add("persistence", command, line, place);
  const target = writesOutside(run, command, names, folder);
  if (target !== undefined) add("outside", command, line, target);
  const documents = command.redirections.flatMap(({ document, operator, target }) => [
    ...(document ? [textOfWord(document, names)] : []),
    ...(operator === "<<<" ? [textOfWord(target, names)] : []),
    textOfWord(target, names),
  ]);
  const hasInput = command.redirections.some(
    ({ document, operator }) => document !== undefined || operator === "<<<",
  );
  if (hasInput && (isShell(run.name) || isInterpreter(run.name))) add("shell-input", command, line, said);
  const readsProcess = command.words.some(
    (argument) => argument.kind === "word" && startsProcess(argument.word),
  );
  if (
    readsProcess &&
    (isShell(run.name) || isInterpreter(run.name) || /^(?:source|\.)$/.test(run.name ?? ""))
  ) {
    add("shell-input", command, line, said);
  }
  for (const assignment of command.assignments) {
    if (assignment.value.kind === "scalar") documents.push(textOfWord(assignment.value.word, names));
    const texts = assignment.value.kind === "scalar" ? [textOfWord(assignment.value.word, names)] : [""];
    if (texts.some((text) => ordersInFunction(assignment.name, text)))
      add("program-orders", command, line, `${assignment.name}=`);
  }
  for (const [rule, found] of rulesBrokenByText([said, ...documents].join("\n")))
    add(rule, command, line, found);
}

/** Code that arithmetic runs once it comes by: `a[$(id)]`. */
function holdsCodeInSubscript(text: string): boolean {
  return text.length < 300 && /^[\s\w+*=!-]*[A-Za-z_]\w*\[[^\]\n]*(?:\$\(|`)/.test(text);
}

function namesSetIn(compound: Compound): string[] {
  if (compound.kind === "for" || compound.kind === "select") return [compound.name];
  if (compound.kind !== "arithmetic" && compound.kind !== "arithmetic-for") return [];
  const words = compound.kind === "arithmetic" ? [compound.expression] : compound.header;
  return words.flatMap((word) =>
    [...normaliseWord(word).matchAll(/([A-Za-z_]\w*)[<>"\s]*(?:[-+*/%&|^]|<<|>>)?=(?!=)/g)].map(
      ([, name = ""]) => name,
    ),
  );
}

/** A place from which something starts, as the folder and the variables that were set before make it. */
function placeWritten(command: SimpleCommand, { names, pieces, folders }: Known): string | undefined {
  const run = runOf(command, names);
  const folder = folders.get(command);
  const paths = [...writtenBy(run, command, names), ...(pieces.size > 0 ? run.arguments : [])].slice(0, 40);
  const folders_ = folder === undefined ? [undefined] : pieced(folder, pieces);
  for (const path of paths.flatMap((path) => pieced(path, pieces))) {
    for (const from of folders_) {
      const found = startingPlaceIn(joined(from, path) ?? path);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** A command's name that comes out of a variable is fine where it's known; one put together isn't. */
function isAssembled({ words: [first] }: SimpleCommand, program: string): boolean {
  if (first?.kind !== "word") return false;
  const { parts } = first.word;
  // bash may make several words, or another program's name, of a pattern or of braces.
  const isPattern = parts.some(
    (part) => part.kind === "literal" && !part.quoted && /[*?{]|\[./.test(part.text) && part.text.length > 2,
  );
  if (isPattern && program !== "[[") return true;
  const expansions = parts.filter((part) => part.kind !== "literal");
  if (expansions.length === 0) return false;
  if (parts.some((part) => part.kind === "substitution" || part.kind === "arithmetic")) return true;
  // A path below the build's folders ends in a name that can be read.
  if (/^\$\{(?:srcdir|pkgdir|startdir)\}\/|^\$\{\w+\}\/[^$]*[\w.-]+$/.test(program)) return false;
  const isSlice = expansions.some(
    (part) => part.kind === "parameter" && part.operator !== "" && !/^:?[-+=]$/.test(part.operator),
  );
  return isSlice || program.includes("${") || expansions.length > 1;
}

function startsProcess({ parts }: Word): boolean {
  return parts.some((part) => part.kind === "substitution" && part.direction === "<");
}

/** `… | sh` */
function visitPipeline(command: Command, line: number, add: Add, names: Names): void {
  const find = (command: Command): void => {
    if (command.kind === "chain") {
      find(command.first);
      command.rest.forEach((link) => find(link.command));
    }
    const target = command.kind === "compound" ? redirectsOutside(command.redirections, names) : undefined;
    if (target !== undefined) add("outside", command, line, target);
    if (command.kind !== "pipeline" || command.stages.length < 2) return;
    for (const { command: stage } of command.stages.slice(1)) {
      if (stage.kind === "function" || stage.kind === "pipeline" || stage.kind === "chain") continue;
      if (stage.kind === "compound") continue;
      const run = runOf(stage, names);
      // Then the stage itself is a finding.
      if (rulesBrokenBy(run).has("shell-input")) continue;
      const { name, arguments: words } = run;
      const wrapped = /^(?:sudo|env|xargs|exec|command|nice|timeout|busybox|doas|su)$/.test(name ?? "");
      const takesInput =
        interprets(name) &&
        !/^g?awk$|^mawk$/.test(name ?? "") &&
        words.every((word) => word.startsWith("-") && !/^-\w*[nep]/.test(word));
      if (takesInput || (wrapped && words.some((word) => isShell(word.split("/").at(-1))))) {
        add("shell-input", command, line, normaliseCommand(stage));
      }
    }
  };
  find(command);
}

function interprets(name: string | undefined): boolean {
  return isShell(name) || isInterpreter(name) || name === "source" || name === ".";
}
