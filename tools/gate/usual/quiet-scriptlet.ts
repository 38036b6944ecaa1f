import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type { Redirection, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import { isObeyed } from "../known/obeyed-variables.ts";
import { type Names, type Run, runOf, textOfWord } from "../commands/resolved-words.ts";
import { readPkgbuildText } from "../files/side.ts";
import { groupRedirections } from "./redirections.ts";
import { comparesNumbers } from "./numbers.ts";
import { isQuietCommand } from "./quiet-commands.ts";

/** What may stand in `$(…)`: its output is a value that bash may compare as a number. */
const asked = /^(?:vercmp|tput|printf|echo|gettext|uname|id|basename|dirname|cat)$/;

/** The first thing in a scriptlet that is more; undefined where it only tells, asks and refreshes caches. */
export function notQuiet(text: string): string | undefined {
  const read = readPkgbuildText(text);
  if (!("recipe" in read)) return "it can't be understood";
  const [, interpreter] = /^#!\s*(.*)/.exec(text) ?? [];
  if (interpreter !== undefined && !/^\/(?:usr\/)?bin\/(?:env )?(?:ba)?sh\s*$/.test(interpreter))
    return interpreter;
  const { script, functions } = read.recipe;
  let found: string | undefined;
  const more = (what: string): void => void (found ??= what);
  const isOwn = (name: string): boolean => functions.has(name);
  const counts = comparesNumbers((visitor) => walkScript(script, visitor));
  walkScript(script, {
    function: () => true,
    statement({ command, background }) {
      if (background) more("&");
      redirected(groupRedirections(command), more);
    },
    simple(command) {
      const run = runOf(command, nothing);
      if (command.words.length > 0 && !isQuiet(run, command, isOwn))
        more([run.program, ...run.arguments].join(" "));
      redirected(command.redirections, more);
    },
    assignment({ name }) {
      if (isObeyed(name)) more(`${name}=`);
    },
    compound({ kind }) {
      if (kind === "select") more(kind);
    },
    substitution({ direction, script: inner }) {
      if (direction !== "$") more("a process as a file");
      if (counts) walkScript(inner, { simple: (command) => isAnswer(command, isOwn) || more("a number") });
      return true;
    },
    part(part) {
      if (part.kind === "parameter" && (part.prefix === "!" || part.operator.startsWith("@P")))
        more("an indirect name");
    },
  });
  return found;
}

const nothing: Names = { get: () => undefined };

function isAnswer(command: SimpleCommand, isOwn: (name: string) => boolean): boolean {
  const name = commandName(command);
  return name === "" || (name !== undefined && (asked.test(name) || isOwn(name)));
}

function isQuiet(
  { name, program, arguments: words }: Run,
  command: SimpleCommand,
  isOwn: (name: string) => boolean,
): boolean {
  if (name === undefined || commandName(command) === undefined) return false;
  if (isOwn(program)) return true;
  if (program !== name && !/^\/?(?:usr\/)?s?bin\/[\w.-]+$/.test(program)) return false;
  return isQuietCommand(name, words);
}

function redirected(redirections: readonly Redirection[], more: (what: string) => void): void {
  for (const { operator, target } of redirections) {
    const to = textOfWord(target, nothing);
    if (/^(?:<<-?|<<<|<)$/.test(operator)) continue;
    // A login shell's own name.
    if (operator === ">>" && /^\/?etc\/shells$/.test(to)) continue;
    const isShown = /^(?:\/dev\/(?:null|stderr|stdout|tty)|\d|-)$/.test(to);
    if (!isShown || !/^(?:>|>>|&>|>&|>\||&>>)$/.test(operator)) more(`${operator}${to}`);
  }
}
