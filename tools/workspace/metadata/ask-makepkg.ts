import type { RecipeFiles } from "../../gate/update.ts";
import type { Derived } from "./derived.ts";
import type { KeptMetadata } from "./kept-metadata.ts";
import { makepkgSandbox, printSrcinfo } from "./print-srcinfo.ts";

/** A recipe whose PKGBUILD's text doesn't tell everything, and that has no `.SRCINFO`. */
export interface OpenRecipe {
  readonly pkgbase: string;
  /** As `recipeId` makes it. */
  readonly id: string;
  readonly files: () => Promise<RecipeFiles>;
}

/**
 * What makepkg says of recipes: kept here, shared by other machines, or asked now. By pkgbase, without those it wasn't
 * asked for.
 */
export async function askMakepkg(
  kept: KeptMetadata,
  recipes: readonly OpenRecipe[],
  shared: () => Promise<ReadonlyMap<string, Derived>>,
): Promise<ReadonlyMap<string, Derived>> {
  const answers = new Map<string, Derived>();
  const isUnknown = ({ pkgbase, id }: OpenRecipe): boolean => {
    const known = kept.get(id);
    if (known) answers.set(pkgbase, known);
    return known === undefined;
  };
  const unkept = recipes.filter(isUnknown);
  const known = unkept.length > 0 ? await shared() : new Map<string, Derived>();
  for (const { id } of unkept) if (known.has(id)) kept.add(id, known.get(id)!);
  const unasked = unkept.filter(isUnknown);
  const sandbox = unasked.length > 0 ? await makepkgSandbox() : undefined;
  if (!sandbox) return answers;
  for (const { pkgbase, id, files } of unasked) {
    const answer = await printSrcinfo(await files(), sandbox);
    if (!answer) continue;
    kept.add(id, answer);
    answers.set(pkgbase, answer);
  }
  return answers;
}
