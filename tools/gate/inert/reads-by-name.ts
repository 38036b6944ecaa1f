import { constantText } from "../../pkgbuild/grammar/constants.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import type { Assignment, SimpleCommand, Word } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";

/**
 * Whether code may read variables whose names stand nowhere in it: by `${!x}`, by arithmetic, which takes values for
 * names, or by builtins that take names or run text. `bash(1)`, sections EXPANSION, ARITHMETIC EVALUATION and SHELL
 * BUILTIN COMMANDS.
 */
export function readsByName({ script }: Recipe): boolean {
  let found = false;
  const noteIf = (holds: boolean): void => void (found ||= holds);
  walkScript(script, {
    function: () => true,
    simple: (command) => noteIf(takesNames(command)),
    assignment: (assignment) => noteIf(isPrompt(assignment) || !isNumber(assignment.index)),
    part(part) {
      if (part.kind === "arithmetic") noteIf(!isNumber(part.expression));
      if (part.kind !== "parameter") return;
      const { prefix, operator, operands, index } = part;
      noteIf(prefix === "!" || operator.startsWith("@") || !isElement(index));
      if (operator === ":") for (const operand of operands) noteIf(!isNumber(operand));
    },
    test(expression) {
      if (expression.kind === "unary") noteIf(/^-[vR]$/.test(expression.operator));
      if (expression.kind === "binary" && /^-(?:eq|ne|l[te]|g[te])$/.test(expression.operator))
        noteIf(!isNumber(expression.left) || !isNumber(expression.right));
    },
    compound(compound) {
      if (compound.kind === "arithmetic") noteIf(!isNumber(compound.expression));
      if (compound.kind === "arithmetic-for") noteIf(true);
    },
  });
  return found;
}

/** Builtins that run text, or that read variables by names that others than the recipe's text may tell. */
const always = new Set(
  "eval source . compgen let trap mapfile readarray alias enable complete getopts coproc".split(" "),
);
/** Functions of makepkg's own, which a recipe's code may call, that are given names (libmakepkg, util/pkgbuild.sh). */
const makepkgs = /^(?:(?:get|extract|have|exists|write|print|array|lint|check)_\w+|in_\w*array)$/;
const declaring = new Set("declare typeset local readonly export".split(" "));

function takesNames({ words }: SimpleCommand): boolean {
  const texts = words.map((argument) => (argument.kind === "word" ? constantText(argument.word) : undefined));
  let at = 0;
  while (/^(?:command|builtin|exec)$|^--?p?$/.test(texts[at] ?? "")) at += 1;
  if (at >= words.length) return false;
  const name = texts[at];
  // A path isn't a builtin.
  if (name === undefined) return !startsWithPath(words[at]!);
  const rest = words.slice(at + 1);
  if (always.has(name) || makepkgs.test(name)) return true;
  if (name === "set")
    return rest.length === 0 || !texts.slice(at + 1).every((text) => plainSetting.test(text ?? "?"));
  if (name === "test" || name === "[") return texts.slice(at + 1).some((text) => /^-[vR]$/.test(text ?? ""));
  const given = texts.slice(at + 1);
  // Subscripts are arithmetic, in `read "a[x]"` as well.
  if (/^(?:read|unset|wait)$/.test(name) && given.some(isSubscripted)) return true;
  if (name === "printf" && setsSubscripted(rest, given)) return true;
  if (!declaring.has(name)) return false;
  // Without a name, they list all variables.
  if (given.every((text) => text?.startsWith("-"))) return true;
  return rest.some((argument) => {
    if (argument.kind === "assignment") return false;
    const text = constantText(argument.word);
    return text === undefined || /^[-+](?!(?:[axgA]+|-)$)/.test(text);
  });
}

function isSubscripted(text: string | undefined): boolean {
  return text === undefined || text.includes("[");
}

/** `printf -v "a[x]"`; a word with text of its own beside variables is no option. */
function setsSubscripted(
  words: SimpleCommand["words"],
  [first, second]: readonly (string | undefined)[],
): boolean {
  if (first !== undefined) return first.startsWith("-v") && isSubscripted(first.length > 2 ? first : second);
  const [format] = words;
  return format?.kind === "word" && format.word.parts.every((part) => part.kind !== "literal");
}

const plainSetting = /^[-+][efuxhvC]*o?$|^(?:errexit|pipefail|nounset|xtrace|noglob|verbose)$/;

function startsWithPath(argument: SimpleCommand["words"][number]): boolean {
  if (argument.kind !== "word") return false;
  return argument.word.parts.some((part) => part.kind === "literal" && part.text.includes("/"));
}

/** With `set -x`, bash expands what is in it. */
function isPrompt({ name }: Assignment): boolean {
  return /^PS\d$|^PROMPT_COMMAND$|^BASH_ENV$/.test(name);
}

function isElement(index: Word | undefined): boolean {
  return isNumber(index) || /^[@*]$/.test(index ? (constantText(index) ?? "") : "");
}

function isNumber(word: Word | undefined): boolean {
  return word === undefined || /^\s*[-\d\s+*/%()<>=!&|^~?:,]*\s*$/.test(constantText(word) ?? "?x");
}
