import { matchesFiles } from "../../grammar/constants.ts";
import { NotStatic } from "../values.ts";
import type { Piece, Scope } from "./scope.ts";

/** The fields that bash makes of the pieces of a word: split where an expansion has blanks, and matched to no file. */
export function splitFields(pieces: readonly Piece[], scope: Scope): string[] {
  const fields: string[] = [];
  let field: { text: string; bare: string } | undefined;
  const hasBareDollar = pieces.some((piece) => !piece.quoted && !piece.expanded && piece.text.includes("$"));
  const finish = (): void => {
    scope.budget.spend(10);
    if (field) fields.push(checked(field));
    field = undefined;
  };
  for (const { text, quoted, expanded, breaks } of pieces) {
    if (breaks) finish();
    if (quoted || !expanded) {
      field = { text: (field?.text ?? "") + text, bare: (field?.bare ?? "") + (quoted ? "" : text) };
      continue;
    }
    if (text !== "") refuseOwnSeparators(scope);
    // A dollar that expands nothing makes bash forget that something else has to be split.
    if (/[ \t\n]/.test(text) && hasBareDollar) throw new NotStatic("its bare $ is not understood");
    for (const [position, run] of text.split(/[ \t\n]+/).entries()) {
      if (position > 0) finish();
      if (run !== "") field = { text: (field?.text ?? "") + run, bare: (field?.bare ?? "") + run };
    }
  }
  finish();
  return fields;
}

/**
 * A pattern that matches no file stays what it is. None does in a folder that is called `https:`, as long as
 * `nullglob` and `failglob` are off.
 */
function checked({ text, bare }: { text: string; bare: string }): string {
  if (matchesFiles(bare) && !/^[^*?[\]/]*:\//.test(text))
    throw new NotStatic("a pattern would be matched against file names");
  return text;
}

export function refuseOwnSeparators(scope: Scope): void {
  if (scope.get("IFS")) throw new NotStatic("the recipe sets IFS, by which words are split");
}
