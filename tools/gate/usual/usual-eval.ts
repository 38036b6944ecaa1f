import type { SimpleCommand, WordPart, Word } from "../../pkgbuild/grammar/syntax.ts";
import { commandName } from "../../pkgbuild/grammar/constants.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import type { Pkgbuild } from "../files/side.ts";
import { isObeyed } from "../known/obeyed-variables.ts";
import { namesOf } from "../commands/resolved-words.ts";

/**
 * The two ways in which recipes have bash read a text once more: a list of dependencies that no other reader of the
 * PKGBUILD shall see, and the functions of split packages, which are made of other functions that stand in the recipe.
 */
export function isUsualEval(command: SimpleCommand, pkgbuild: Pkgbuild): boolean {
  if (commandName(command) !== "eval" || command.words.length !== 2 || command.redirections.length > 0)
    return false;
  const argument = command.words[1];
  if (argument?.kind !== "word") return false;
  const text = textOf(argument.word, pkgbuild);
  return text !== undefined && (list.test(text) || definition.test(text));
}

const list =
  /^\s*(?:depends|makedepends|checkdepends|optdepends|pkgdesc)\+?=\((?:\s|#[^\n]*\n|'[^'`$\\]*'|"[^"`$\\]*"|[\w.+:@-]+)*\)\s*$/;
/** `F` stands for a function's text, as `declare -f` prints it. */
const definition =
  /^\s*package(?:_[\w@.+-]*)? ?\(\)\s*(?:\{\s*)?(?:\u{F0000}\s*|_package[\w@.+-]*(?:[ \t]+(?:[\w@.+-]+|"[^"`$\\]*"))*\s*|(?:pkgdesc|depends|provides|conflicts)\+?=(?:\((?:\s|'[^'`$\\]*'|"[^"`$\\]*"|[\w.+:@-]+)*\)|"[^"`$\\]*"|'[^'`$\\]*')\s*)*\}?\s*$/u;

function textOf({ parts }: Word, pkgbuild: Pkgbuild): string | undefined {
  const texts = parts.map((part) => textOfPart(part, pkgbuild));
  return texts.includes(undefined) ? undefined : texts.join("");
}

function textOfPart(part: WordPart, pkgbuild: Pkgbuild): string | undefined {
  if (part.kind === "literal") return part.text;
  if (part.kind === "arithmetic") return "0";
  if (part.kind === "substitution")
    return isFunctionsText(part.script, part.direction) ? "\u{F0000}" : undefined;
  if (part.kind !== "parameter" || part.prefix !== "" || part.operator.startsWith("@")) return undefined;
  return isPlainPart(part, pkgbuild, new Set()) ? "x" : undefined;
}

/** `declare -f NAME`, perhaps without its first line. */
function isFunctionsText(script: { statements: readonly unknown[] }, direction: string): boolean {
  let fine = direction === "$" && script.statements.length === 1;
  walkScript(script as never, {
    simple: (command) => {
      const name = commandName(command);
      const second = command.words[1];
      const option =
        second?.kind === "word" && second.word.parts[0]?.kind === "literal" ? second.word.parts[0].text : "";
      fine &&=
        (/^(?:declare|typeset)$/.test(name ?? "") && option === "-f" && command.words.length === 3) ||
        (name === "tail" && /^-?[n+]/.test(option));
      fine &&= command.redirections.length === 0;
    },
    substitution: () => ((fine = false), false),
  });
  return fine;
}

/** A variable that only ever holds plain names: constants, or what a loop takes of such. */
function isPlainName(name: string, pkgbuild: Pkgbuild, seen: ReadonlySet<string> = new Set()): boolean {
  if (seen.has(name)) return true;
  if (isObeyed(name) && name !== "CARCH") return false;
  const { recipe } = pkgbuild;
  const inside = new Set([...seen, name]);
  const held = namesOf(pkgbuild.evaluation(), recipe.assignments).get(name);
  if (held !== undefined && held.every((text) => plain.test(text))) return true;
  const words = recipe.assignments
    .filter((one) => one.name === name)
    .flatMap(({ value }) =>
      value.kind === "scalar" ? [value.word] : value.elements.map(({ word }) => word),
    );
  let loops = true;
  walkScript(recipe.script, {
    function: () => true,
    compound: (compound) => {
      if (compound.kind !== "for" || compound.name !== name) return;
      if (compound.words === undefined) loops = false;
      else words.push(...compound.words);
    },
    simple: (command) => {
      if (/^(?:read|mapfile|readarray|printf|getopts)$/.test(commandName(command) ?? ""))
        loops &&= !command.words.some(
          (word) =>
            word.kind === "word" &&
            word.word.parts.some((part) => part.kind === "literal" && part.text === name),
        );
    },
  });
  return loops && words.every(({ parts }) => parts.every((part) => isPlainPart(part, pkgbuild, inside)));
}

function isPlainPart(part: WordPart, pkgbuild: Pkgbuild, seen: ReadonlySet<string>): boolean {
  if (part.kind === "literal") return plain.test(part.text);
  if (part.kind !== "parameter" || part.prefix === "!" || part.operator.startsWith("@")) return false;
  return (
    isPlainName(part.name, pkgbuild, seen) &&
    (/^(?:[#%,^]|:$)/.test(part.operator) ||
      part.operands.every(({ parts }) => parts.every((inner) => isPlainPart(inner, pkgbuild, seen))))
  );
}

const plain = /^[\w@.+:/-]*(?: [\w@.+-]+)*$/;
