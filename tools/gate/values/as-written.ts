import { evaluate } from "../../pkgbuild/evaluation/evaluate.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import type { Script, Statement } from "../../pkgbuild/grammar/syntax.ts";
import type { Pkgbuild } from "../files/side.ts";

/**
 * Code at top level may change any variable, and then nothing is known of what the recipe comes to. Where all
 * but the values of plain assignments is the same to the letter, in the same order, that code does with them
 * what it did before: so it's enough to compare what is written. Undefined where that isn't so.
 */
export function asWritten(before: Pkgbuild, after: Pkgbuild): readonly [Pkgbuild, Pkgbuild] | undefined {
  if (!before.evaluation().spoiled || !after.evaluation().spoiled) return undefined;
  if (withoutValues(before.recipe.script) !== withoutValues(after.recipe.script)) return undefined;
  return [assignmentsAlone(before), assignmentsAlone(after)];
}

function withoutValues({ statements }: Script): string {
  return statements.map((statement) => namesIn(statement) ?? normaliseStatement(statement)).join("\n");
}

/** What plain assignments assign to; undefined for anything else. */
function namesIn({ command, background }: Statement): string | undefined {
  if (background || command.kind !== "simple") return undefined;
  const { assignments, words, redirections } = command;
  if (assignments.length === 0 || words.length > 0 || redirections.length > 0) return undefined;
  return assignments
    .map(({ name, index, append }) => `${name}[${index ? normaliseWord(index) : ""}]${append ? "+" : ""}=`)
    .join(" ");
}

function normaliseStatement({ command, background }: Statement): string {
  return `${normaliseCommand(command)}${background ? " &" : ""}`;
}

function assignmentsAlone(pkgbuild: Pkgbuild): Pkgbuild {
  const statements = pkgbuild.recipe.script.statements.filter((one) => namesIn(one) !== undefined);
  const { text, functions, assignments, code, comments } = pkgbuild.recipe;
  const recipe = { text, script: { statements }, functions, assignments, code, comments };
  return {
    text: pkgbuild.text,
    normal: pkgbuild.normal,
    files: pkgbuild.files,
    recipe,
    evaluation: (carch) => evaluate(recipe, carch === undefined ? {} : { carch }),
  };
}
