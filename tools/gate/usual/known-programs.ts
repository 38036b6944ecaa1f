import { constantText } from "../../pkgbuild/grammar/constants.ts";
import type { SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { rulesBrokenBy } from "../commands/dangerous-commands.ts";
import { ruleOfSetting } from "../commands/indirect-assignments.ts";
import { nameOf, type Run } from "../commands/resolved-words.ts";
import type { Pkgbuild } from "../files/side.ts";
import { isObeyed } from "../known/obeyed-variables.ts";

/** A program in one variable, which only ever gets names that are written out and break no rule themselves. */
export function namesProgram(run: Run, { words: [first] }: SimpleCommand, { recipe }: Pkgbuild): boolean {
  if (first?.kind !== "word" || rulesBrokenBy(run).size > 0) return false;
  const { parts } = first.word;
  const variables = parts.filter((part) => part.kind !== "literal");
  if (variables.length !== 1) return false;
  return variables.every((part) => {
    if (part.kind !== "parameter" || part.operator !== "" || part.prefix !== "") return false;
    const assigned = recipe.assignments.filter(({ name }) => name === part.name);
    const texts = assigned.map(({ value }) =>
      constantText(
        value.kind === "scalar" ? value.word : (value.elements[0]?.word ?? { parts: [], line: 0 }),
      ),
    );
    return (
      assigned.length > 0 &&
      texts.every(
        (text) =>
          text !== undefined &&
          /^[\w./+-]+$/.test(text) &&
          rulesBrokenBy({ name: nameOf(text), program: text, arguments: run.arguments }).size === 0,
      )
    );
  });
}

/** `compgen -G "*.so"`, `printf -v name`, `kill "$pid"`. */
export function listsOrSets({ name, arguments: [first, second, ...others] }: Run): boolean {
  if (name === "compgen") return first === "-G" && second !== undefined && others.length === 0;
  if (name === "kill") return second === undefined && /^\$\{\w+\}$/.test(first ?? "");
  return (
    name === "printf" &&
    first === "-v" &&
    /^_?[a-z]\w*$/.test(second ?? "") &&
    !isObeyed(second ?? "") &&
    ruleOfSetting(second ?? "") === undefined
  );
}

/** `ln -s /usr/src/foo`: a link of that name in the folder where it runs. */
export function linksHere({ name, arguments: words }: Run): boolean {
  return (
    name === "ln" &&
    words.filter((word) => !word.startsWith("-")).length === 1 &&
    words.every((word) => /^-[sfnrvT]+$|^\/usr\/(?:src|include|lib|share)\/[\w/.+-]+$/.test(word))
  );
}
