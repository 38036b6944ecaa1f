import type { Command, CompoundCommand, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { walkCommand, walkScript } from "../../pkgbuild/grammar/walk.ts";
import { rulesBrokenByText } from "../commands/dangerous-text.ts";
import { piecesOf } from "../commands/pieced-words.ts";
import { namesOf, type Names, type Run, runOf, textOfWord } from "../commands/resolved-words.ts";
import { type Signal, signalsIn } from "../commands/signals.ts";
import { foldersOf } from "../commands/working-folder.ts";
import type { Pkgbuild } from "../files/side.ts";
import { linksHere, listsOrSets, namesProgram } from "./known-programs.ts";
import { isUsualEval } from "./usual-eval.ts";
import { isUsualFetch } from "./usual-fetches.ts";
import { isUsualOrder } from "./usual-orders.ts";
import { isPlainMention, onlyWaits, type Placing } from "./usual-places.ts";

interface Where extends Placing {
  readonly inFunction: boolean;
  readonly isPiped: boolean;
  readonly own: OwnFiles;
}

/** What is known of the files that the recipe itself brings. */
export interface OwnFiles {
  /** Whether a scriptlet only tells something, asks, or refreshes caches. */
  readonly isQuiet: (path: string) => boolean;
  /** Whether the only file of that name has a content that is usual. */
  readonly isUsualFile: (name: string) => boolean;
  /** Whether some file is a list of what to fetch. */
  readonly ownLists: boolean;
}

export interface Usual {
  readonly signal: Signal;
  /** Why a recipe may well do so; undefined where it's unusual. */
  readonly reason: string | undefined;
}

/** What the recipe does that breaks a rule, with the reason why it's usual. */
export function usualSignals(pkgbuild: Pkgbuild, own: OwnFiles): Usual[] {
  const { recipe } = pkgbuild;
  const names = namesOf(pkgbuild.evaluation(), recipe.assignments);
  const pieces = piecesOf(recipe.script, recipe.assignments, names);
  const folders = foldersOf(recipe.script, names);
  const inFunctions = commandsInFunctions(pkgbuild);
  const piped = pipedCommands(pkgbuild);
  return signalsIn(recipe.script, names, pieces).map((signal) => {
    const { command, rule, text } = signal;
    const inFunction = command !== undefined && inFunctions.has(command);
    if (rule === "background" && text === "&" && inFunction)
      return { signal, reason: "a build's processes end with it" };
    if (command?.kind === "compound" && rule === "assigned-again")
      return { signal, reason: isLoopOf(command, "arch") ? "a loop's variable" : undefined };
    if (command?.kind !== "simple") return { signal, reason: undefined };
    const placing = { names, pieces, folder: folders.get(command), pkgbuild, isUsualFile: own.isUsualFile };
    const where = { ...placing, inFunction, isPiped: piped.has(command), own };
    return { signal, reason: reasonOf(rule, command, where) };
  });
}

/** What runs in the sandbox alone, when a package is built. */
function commandsInFunctions({ recipe }: Pkgbuild): Set<Command> {
  const inside = new Set<Command>();
  for (const definitions of recipe.functions.values())
    for (const { body } of definitions)
      walkCommand(body, {
        simple: (one) => void inside.add(one),
        statement: ({ command }) => void inside.add(command),
      });
  return inside;
}

/** What goes on to another program, or into a file or a variable. */
function pipedCommands({ recipe }: Pkgbuild): Set<Command> {
  const piped = new Set<Command>();
  const inside = (command: Command): void =>
    walkCommand(command, { simple: (one) => void piped.add(one), function: () => true });
  const visit = (command: Command): void => {
    if (command.kind === "pipeline" && command.stages.length > 1)
      command.stages.forEach((stage) => inside(stage.command));
    if (command.kind === "pipeline") command.stages.forEach((stage) => visit(stage.command));
    if (command.kind === "chain") [command.first, ...command.rest.map((link) => link.command)].forEach(visit);
    if (command.kind === "compound" && command.redirections.length > 0) inside(command);
    if (command.kind === "function") {
      if (command.body.redirections.length > 0) inside(command.body);
      visit(command.body);
    }
  };
  walkScript(recipe.script, {
    statement: ({ command }) => visit(command),
    function: () => true,
    substitution: ({ script }) => (script.statements.forEach(({ command }) => inside(command)), true),
  });
  return piped;
}

function reasonOf(rule: string, command: SimpleCommand, where: Where): string | undefined {
  const { names, inFunction, pkgbuild, own } = where;
  const run = runOf(command, names);
  if (rule === "indirection") {
    if (isUsualEval(command, pkgbuild)) return "a list, or a package's function";
    if (inFunction && listsOrSets(run))
      return "it lists files, sets a variable of the recipe, or ends what the build began";
    return inFunction && namesProgram(run, command, pkgbuild)
      ? "what it runs stands in the recipe"
      : undefined;
  }
  if (rule === "scriptlet")
    return namesQuiet(command, names, own.isQuiet)
      ? "what it names only tells, asks or refreshes caches"
      : undefined;
  if (rule === "persistence" && command.words.length === 0)
    return isPlainMention(command, names) ? "a text alone" : undefined;
  if (!inFunction) return undefined;
  if (/^(?:persistence|package-manager|privilege|container)$/.test(rule) && isMessage(run, command, where))
    return "it only tells something";
  if (rule === "persistence")
    return onlyWaits(run, command, where) ? "it waits until it's asked for" : undefined;
  if (rule === "package-manager" || rule === "download") {
    const rest = command.redirections.flatMap(({ document, target }) => [
      textOfWord(target, names),
      ...(document ? [textOfWord(document, names)] : []),
    ]);
    if (rest.some((text) => rulesBrokenByText(text).has(rule))) return undefined;
    // A submodule's commit stands in the source, whatever lists say.
    const isGit = run.name === "git";
    if (!isGit && (own.ownLists || fromElsewhere.test(pkgbuild.text))) return undefined;
    return isUsualFetch(run) ? "it fetches what the source names" : undefined;
  }
  if (
    rule === "outside" &&
    /^(?:cd|pushd)$/.test(run.name ?? "") &&
    run.arguments.every((word) => /^(?:\.\.\/?)+$/.test(word))
  )
    return "it writes nothing there";
  if (rule === "outside") return linksHere(run) ? "the link is made where it runs" : undefined;
  if (rule === "program-orders")
    return isUsualOrder(run, command, names) ? "it orders nothing else" : undefined;
  return undefined;
}

/** Settings by which package managers fetch from another place. */
const fromElsewhere =
  /\b\w*(?:MIRROR|REGISTRY|DIST_SERVER|UPDATE_ROOT|GOPROXY|GONOSUMDB|INDEX_URL)\w*["']?=|\bregistry\b.*:\/\//i;

function isMessage(
  { name, arguments: words }: Run,
  { redirections }: SimpleCommand,
  { isPiped, names }: Where,
): boolean {
  return (
    /^(?:echo|printf|msg|msg2|warning|plain|note)$/.test(name ?? "") &&
    !isPiped &&
    !(words[0] ?? "").startsWith("-v") &&
    redirections.every(
      ({ operator, target }) => />&/.test(operator) && /^[12]$/.test(textOfWord(target, names)),
    )
  );
}

function namesQuiet(
  { words, assignments }: SimpleCommand,
  names: Names,
  isQuiet: (path: string) => boolean,
): boolean {
  if (words.length > 0) return false;
  return assignments.every(
    ({ name, value }) =>
      name === "changelog" || (value.kind === "scalar" && isQuiet(textOfWord(value.word, names))),
  );
}

function isLoopOf({ compound }: CompoundCommand, name: string): boolean {
  return compound.kind === "for" && compound.name === name;
}
