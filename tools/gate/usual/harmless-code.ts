import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type { Command, Redirection, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { walkCommand, walkScript } from "../../pkgbuild/grammar/walk.ts";
import { formOfStatement } from "../code/command-form.ts";
import { calledBy } from "../code/called-functions.ts";
import type { Pkgbuild } from "../files/side.ts";
import { namesOf, type Names, runOf, textOfWord } from "../commands/resolved-words.ts";
import { runsProgram, sedScripts } from "../known/sed-script.ts";
import { isObeyed } from "../known/obeyed-variables.ts";
import { comparesNumbers } from "./numbers.ts";
import { groupRedirections } from "./redirections.ts";
import { isUsualEval } from "./usual-eval.ts";

/** Programs that only make text of text, and builtins that only compare and assign. */
const textual =
  /^(?:echo|printf|sed|tr|cut|head|tail|sort|uniq|wc|grep|egrep|fgrep|rev|basename|dirname|date|uname|nproc|seq|vercmp|true|false|:|\[|test|export|local|declare|typeset|readonly|unset|return|shift|set|msg|msg2|warning|error|plain|command|type|break|continue|cat|shopt|exit|expr)$/;

/** Lines and forms of the code at top level that only assigns, compares and makes text of text. */
export function harmlessCode(pkgbuild: Pkgbuild): Set<string> {
  const { recipe } = pkgbuild;
  const names = namesOf(pkgbuild.evaluation(), recipe.assignments);
  const harmless = new Set<string>();
  const atTop = { statements: recipe.script.statements.filter(({ command }) => command.kind !== "function") };
  const counts = comparesNumbers((visitor) => walkScript(atTop, visitor));
  for (const statement of recipe.script.statements) {
    const form = formOfStatement(statement);
    if (form?.kind !== "code" || statement.background) continue;
    const bodies = [...calledBy(statement.command, recipe.functions)].flatMap((name) =>
      (recipe.functions.get(name) ?? []).map(({ body }) => body),
    );
    const own = (name: string): boolean => recipe.functions.has(name);
    if ([statement.command, ...bodies].every((command) => onlyText(command, names, own, pkgbuild, counts)))
      harmless.add(`${statement.line} ${form.form}`);
  }
  return harmless;
}

function onlyText(
  command: Command,
  names: Names,
  own: (name: string) => boolean,
  pkgbuild: Pkgbuild,
  counts: boolean,
): boolean {
  let fine = !writes(groupRedirections(command), names);
  walkCommand(command, {
    statement(one) {
      fine &&= !one.background && !writes(groupRedirections(one.command), names);
    },
    simple: (one) => void (fine &&= isText(one, names, own, pkgbuild)),
    substitution({ direction, script }) {
      fine &&= direction === "$";
      if (counts)
        walkScript(script, { simple: (one) => void (fine &&= answers.test(commandName(one) ?? "?")) });
      return true;
    },
    // Programs take orders from these, and bash too.
    assignment: ({ name }) => void (fine &&= !isObeyed(name)),
    function: () => true,
  });
  return fine;
}

/** Their output is a version, a number or what was given to them. */
const answers = /^(?:|uname|nproc|date|echo|printf|vercmp|tr|cut|basename|dirname|seq)$/;

function writes(redirections: readonly Redirection[], names: Names): boolean {
  return redirections.some(
    ({ operator, target }) =>
      !/^(?:<<-?|<<<|<)$/.test(operator) &&
      !/^(?:\/dev\/(?:null|stderr)|\d|-)$/.test(textOfWord(target, names)),
  );
}

function isText(
  command: SimpleCommand,
  names: Names,
  own: (name: string) => boolean,
  pkgbuild: Pkgbuild,
): boolean {
  if (writes(command.redirections, names)) return false;
  if (command.words.length === 0) return true;
  const name = commandName(command);
  if (name === undefined) return false;
  if (own(name)) return true;
  if (name === "eval") return isUsualEval(command, pkgbuild);
  const { arguments: words } = runOf(command, names);
  if (!textual.test(name)) return false;
  if (name === "sed")
    return (
      !words.some((word) => /^-\w*i|^--in|^-f|^--file/.test(word)) &&
      !sedScripts(words).some((script) => runsProgram(script) || /(?:^|[;{}\d$/])\s*[wW]\s/.test(script))
    );
  if (name === "sort") return !words.some((word) => /^-\w*o|^--output|^--compress/.test(word));
  if (name === "uniq") return words.filter((word) => !word.startsWith("-")).length < 2;
  if (name === "printf") return !(words[0] ?? "").startsWith("-v");
  if (/^(?:declare|local|typeset|export|readonly|unset)$/.test(name))
    return words.every((word) => !/^-\w*[ni]/.test(word) && !isObeyed(word));
  if (name === "command") return /^-[vV]$/.test(words[0] ?? "");
  if (name === "shopt")
    return (
      /^-[su]$/.test(words[0] ?? "") &&
      words.slice(1).every((word) => /^(?:extglob|nullglob|globstar|dotglob|nocasematch)$/.test(word))
    );
  if (name === "date") return !words.some((word) => /^-s|^--set/.test(word));
  return true;
}
