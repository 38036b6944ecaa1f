import type { Command, Compound, CompoundCommand, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { constantText } from "../../pkgbuild/grammar/constants.ts";
import { walkCommand, walkScript } from "../../pkgbuild/grammar/walk.ts";
import { rulesBrokenBy } from "../commands/dangerous-commands.ts";
import { rulesBrokenByText } from "../commands/dangerous-text.ts";
import type { Pkgbuild } from "../files/side.ts";
import { namesOf, nameOf, type Names, type Run, runOf, textOfWord } from "../commands/resolved-words.ts";
import { piecesOf } from "../commands/pieced-words.ts";
import { type Signal, signalsIn } from "../commands/signals.ts";
import { startingPlaceIn } from "../known/starting-places.ts";
import { foldersOf, joined } from "../commands/working-folder.ts";
import { writtenBy } from "../commands/write-targets.ts";
import { isObeyed } from "../known/obeyed-variables.ts";
import { ruleOfSetting } from "../commands/indirect-assignments.ts";
import { isUsualEval } from "./usual-eval.ts";
import { isUsualFetch } from "./usual-fetches.ts";
import { isUsualOrder } from "./usual-orders.ts";
import { allWait, startsByName } from "./waiting-places.ts";

interface Where {
  readonly names: Names;
  readonly folder: string | undefined;
  readonly inFunction: boolean;
  readonly isPiped: boolean;
  readonly pkgbuild: Pkgbuild;
  readonly isQuiet: (path: string) => boolean;
  /** A file of the recipe, by its name, whose content is usual. */
  readonly isUsualFile: (name: string) => boolean;
}

export interface Usual {
  readonly signal: Signal;
  /** Why a recipe may well do so; undefined where it's unusual. */
  readonly reason: string | undefined;
}

/** What the recipe does that breaks a rule, with the reason why it's usual. `isQuiet`: of a scriptlet. */
export function usualSignals(pkgbuild: Pkgbuild, isQuiet: (path: string) => boolean, isUsualFile: (name: string) => boolean): Usual[] {
  const { recipe } = pkgbuild;
  const names = namesOf(pkgbuild.evaluation(), recipe.assignments);
  const signals = signalsIn(recipe.script, names, piecesOf(recipe.script, recipe.assignments, names));
  const inFunctions = new Set<Command>();
  const compounds = new Set<Compound>();
  for (const definitions of recipe.functions.values())
    for (const { body } of definitions)
      walkCommand(body, {
        simple: (one) => void inFunctions.add(one),
        statement: ({ command }) => void inFunctions.add(command),
        compound: (one) => void compounds.add(one),
      });
  const piped = new Set<Command>();
  const folders = foldersOf(recipe.script, names);
  findPiped(pkgbuild, piped);
  return signals.map((signal) => {
    const { command, rule, text } = signal;
    if (rule === "background" && text === "&" && inFunctions.has(command as Command)) return { signal, reason: "a build's processes end with it" };
    if (rule === "assigned-again" && command?.kind === "compound" && isLoopOf(command, "arch") && compounds.has(command.compound)) return { signal, reason: "a loop's variable" };
    if (command?.kind !== "simple") return { signal, reason: undefined };
    const where = { names, folder: folders.get(command), inFunction: inFunctions.has(command), isPiped: piped.has(command), pkgbuild, isQuiet, isUsualFile };
    return { signal, reason: reasonOf(rule, command, where) };
  });
}

/** What goes on to another program, or into a file or a variable. */
function findPiped({ recipe }: Pkgbuild, piped: Set<Command>): void {
  const inside = (command: Command): void => walkCommand(command, { simple: (one) => void piped.add(one), function: () => true });
  const visit = (command: Command): void => {
    if (command.kind === "pipeline" && command.stages.length > 1) command.stages.forEach((stage) => inside(stage.command));
    if (command.kind === "pipeline") command.stages.forEach((stage) => visit(stage.command));
    if (command.kind === "chain") [command.first, ...command.rest.map((link) => link.command)].forEach(visit);
    if (command.kind === "compound" && command.redirections.length > 0) inside(command);
    if (command.kind === "function") { if (command.body.redirections.length > 0) inside(command.body); visit(command.body); }
  };
  walkScript(recipe.script, {
    statement: ({ command }) => visit(command),
    function: () => true,
    substitution: ({ script }) => (script.statements.forEach(({ command }) => inside(command)), true),
  });
}

function reasonOf(rule: string, command: SimpleCommand, where: Where): string | undefined {
  const { names, inFunction, pkgbuild, isQuiet } = where;
  const run = runOf(command, names);
  if (rule === "indirection") {
    if (isUsualEval(command, pkgbuild)) return "a list, or a package's function";
    if (inFunction && listsOrSets(run)) return "it lists files, sets a variable of the recipe, or ends what the build began";
    return inFunction && namesProgram(run, command, pkgbuild) ? "what it runs stands in the recipe" : undefined;
  }
  if (rule === "scriptlet") return namesQuiet(command, names, isQuiet) ? "what it names only tells, asks or refreshes caches" : undefined;
  if (rule === "persistence" && command.words.length === 0) return isPlainMention(command, names) ? "a text alone" : undefined;
  if (!inFunction) return undefined;
  if (/^(?:persistence|package-manager|privilege|container)$/.test(rule) && isMessage(run, command, where)) return "it only tells something";
  if (rule === "persistence") return onlyWaits(run, command, where) ? "it waits until it's asked for" : undefined;
  if (rule === "package-manager" || rule === "download") {
    const rest = command.redirections.flatMap(({ document, target }) => [textOfWord(target, names), ...(document ? [textOfWord(document, names)] : [])]);
    if (rest.some((text) => rulesBrokenByText(text).has(rule))) return undefined;
    if (rule === "download" && onlyAsks(run, command, names)) return "its answer is only a text";
    return isUsualFetch(run) ? "it fetches what the source names" : undefined;
  }
  if (rule === "outside" && /^(?:cd|pushd)$/.test(run.name ?? "") && run.arguments.every((word) => /^(?:\.\.\/?)+$/.test(word))) return "it writes nothing there";
  if (rule === "outside") return linksHere(run) ? "the link is made where it runs" : undefined;
  if (rule === "program-orders") return isUsualOrder(run, command, names) ? "it orders nothing else" : undefined;
  return undefined;
}

/** Texts for people, and values that run nothing: whatever uses them is looked at with what they hold. */
function isPlainMention({ assignments }: SimpleCommand, names: Names): boolean {
  return assignments.every(({ name, value }) => {
    const texts = value.kind === "scalar" ? [textOfWord(value.word, names)] : value.elements.map(({ word }) => textOfWord(word, names));
    return texts.every((text) => !text.includes("${…}") && (/^(?:pkgdesc|url)$/.test(name) || allWait(text)) && !/\bsystemctl\b/.test(text));
  });
}

function isMessage({ name, arguments: words }: Run, { redirections }: SimpleCommand, { isPiped, names }: Where): boolean {
  return (
    /^(?:echo|printf|msg|msg2|warning|plain|note)$/.test(name ?? "") &&
    !isPiped &&
    !(words[0] ?? "").startsWith("-v") &&
    redirections.every(({ operator, target }) => />&/.test(operator) && /^[12]$/.test(textOfWord(target, names)))
  );
}

const copying = /^(?:install|cp|mv|ln)$/;

/** Every place that it writes to waits; of what is only copied, the place where it comes from is none. */
function onlyWaits(run: Run, command: SimpleCommand, { names, folder, isUsualFile }: Where): boolean {
  const said = [run.program, ...run.arguments].join(" ");
  if (rulesBrokenBy(run).has("persistence") || /\bsystemctl\b/.test(said)) return false;
  const written = [...writtenBy(run, command, names)].map((path) => joined(folder, path) ?? path);
  const documents = command.redirections.flatMap(({ document, operator, target }) => [...(document ? [textOfWord(document, names)] : []), ...(operator === "<<<" ? [textOfWord(target, names)] : [])]);
  if (documents.some((text) => /\bsystemctl\b/.test(text)) || !documents.every(allWait)) return false;
  if (/^(?:rm|rmdir)$/.test(run.name ?? "")) return written.every((path) => path.startsWith("${pkgdir}/") || path.startsWith("${srcdir}/"));
  const files = run.arguments.filter((word, at) => !word.startsWith("-") && !written.includes(joined(folder, word) ?? word) && !/^(?:-t|-m|-o|-g)$/.test(run.arguments[at - 1] ?? "") && !/^0?[0-7]{3}$/.test(word));
  if (/^(?:install|cp|mv)$/.test(run.name ?? "") && files.length > 0 && files.every((file) => isUsualFile(nameOf(file))) && !written.some(startsByName)) return true;
  if (/^(?:mkdir|install)$/.test(run.name ?? "") && isMakingFolders(run) && written.every((path) => path.startsWith("${pkgdir}/"))) return true;
  if (!written.every(allWait)) return false;
  if (!copying.test(run.name ?? "")) return allWait(said);
  const sources = run.arguments.filter((word) => !word.startsWith("-")).map((word) => nameOf(word.replace(/\/+$/, "")));
  return (
    written.length > 0 &&
    !sources.some(startsByName) &&
    written.every((path) => startingPlaceIn(path) !== undefined || sources.every((source) => allWait(`${path}/${source}`)))
  );
}

function namesQuiet({ words, assignments }: SimpleCommand, names: Names, isQuiet: (path: string) => boolean): boolean {
  if (words.length > 0) return false;
  return assignments.every(
    ({ name, value }) => name === "changelog" || (value.kind === "scalar" && isQuiet(textOfWord(value.word, names))),
  );
}

/** `ln -s /usr/src/foo`: a link of that name in the folder where it runs. */
function linksHere({ name, arguments: words }: Run): boolean {
  return name === "ln" && words.filter((word) => !word.startsWith("-")).length === 1 && words.every((word) => /^-[sfnrvT]+$|^\/usr\/(?:src|include|lib|share)\/[\w/.+-]+$/.test(word));
}

function isLoopOf({ compound }: CompoundCommand, name: string): boolean {
  return compound.kind === "for" && compound.name === name;
}

/** Folders alone: whatever is put into them is looked at. */
function isMakingFolders({ name, arguments: words }: Run): boolean {
  return name === "mkdir" || words.some((word) => /^-[A-Za-z]*d[A-Za-z0-9]*$|^--directory$/.test(word));
}

/** `curl -s URL`, whose answer goes to a variable or a filter: it sends nothing, and writes no file. */
function onlyAsks({ name, arguments: words }: Run, { redirections }: SimpleCommand, names: Names): boolean {
  return (
    name === "curl" &&
    words.every((word, at) => /^-[sSfLgqk]+$|^--(?:silent|show-error|fail|location|globoff|compressed|no-progress-meter|ipv4|head)$|^https:\/\/[\w./${}?=&%:,+~#-]+$/.test(word) || /^(?:--max-redirs|--retry|-m|--max-time|-A|--user-agent)$/.test(word) || /^(?:--max-redirs|--retry|-m|--max-time|-A|--user-agent)$/.test(words[at - 1] ?? "")) &&
    redirections.every(({ operator, target }) => /^(?:>|>&|2>)$/.test(operator) && /^(?:\/dev\/null|[12])$/.test(textOfWord(target, names)))
  );
}

/** A program in one variable, which only ever gets names that are written out and break no rule themselves. */
function namesProgram(run: Run, { words: [first] }: SimpleCommand, { recipe }: Pkgbuild): boolean {
  if (first?.kind !== "word" || rulesBrokenBy(run).size > 0) return false;
  const { parts } = first.word;
  const variables = parts.filter((part) => part.kind !== "literal");
  if (variables.length !== 1) return false;
  return variables.every((part) => {
    if (part.kind !== "parameter" || part.operator !== "" || part.prefix !== "") return false;
    const assigned = recipe.assignments.filter(({ name }) => name === part.name);
    const texts = assigned.map(({ value }) => constantText(value.kind === "scalar" ? value.word : (value.elements[0]?.word ?? { parts: [], line: 0 })));
    return assigned.length > 0 && texts.every((text) => text !== undefined && /^[\w./+-]+$/.test(text) && rulesBrokenBy({ name: nameOf(text), program: text, arguments: run.arguments }).size === 0);
  });
}

/** `compgen -G "*.so"`, `printf -v name`, `kill "$pid"`. */
function listsOrSets({ name, arguments: [first, second, ...others] }: Run): boolean {
  if (name === "compgen") return first === "-G" && second !== undefined && others.length === 0;
  if (name === "kill") return second === undefined && /^\$\{\w+\}$/.test(first ?? "");
  return name === "printf" && first === "-v" && /^_?[a-z]\w*$/.test(second ?? "") && !isObeyed(second ?? "") && ruleOfSetting(second ?? "") === undefined;
}
