import { join } from "node:path";
import { openGit } from "../git/git.ts";
import { askMakepkg } from "./metadata/ask-makepkg.ts";
import type { KeptMetadata } from "./metadata/kept-metadata.ts";
import { sharedAnswers } from "./metadata/shared-answers.ts";
import { idOf, packagesFolder, readRecipe } from "./worktree.ts";

/**
 * Asks makepkg, in the sandbox, for what the PKGBUILDs of these packages don't tell, and keeps what it says. Whether
 * reading the work tree again tells more now.
 */
export async function askAboutWorktree(
  root: string,
  pkgbases: readonly string[],
  kept: KeptMetadata,
): Promise<boolean> {
  if (pkgbases.length === 0) return false;
  const top = packagesFolder(root);
  const recipes = pkgbases.map((pkgbase) => {
    const files = readRecipe(join(top, pkgbase));
    return { pkgbase, id: idOf(files), files: () => Promise.resolve(files) };
  });
  const unknown = recipes.filter(({ id }) => kept.get(id) === undefined);
  const answers = await askMakepkg(kept, unknown, () => sharedAnswers(openGit(top, process.env), "here"));
  kept.save();
  return answers.size > 0;
}
