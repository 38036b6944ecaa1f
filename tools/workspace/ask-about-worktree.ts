import { join } from "node:path";
import { openGit } from "../git/git.ts";
import { askMakepkg } from "./metadata/ask-makepkg.ts";
import type { KeptMetadata } from "./metadata/kept-metadata.ts";
import { blobId } from "./metadata/content-ids.ts";
import { type NewText, type ReadAgain, settleReadings } from "./metadata/second-readings.ts";
import { learnReadings, sharedAnswers } from "./metadata/shared-answers.ts";
import { idOf, listPackages, packagesFolder, readRecipe, readWorktreeFile } from "./worktree.ts";

/** What other machines found out about texts, as the branch `state` tells that this clone saw last. */
export async function learnAboutWorktree(root: string, kept: KeptMetadata): Promise<void> {
  await learnReadings(openGit(root, process.env), kept, "here");
  kept.save();
}

/**
 * Has the PKGBUILDs of a work tree read by another program, too: those of which that isn't known yet.
 *
 * @throws SluiceError as `settleReadings`
 */
export async function compareInWorktree(root: string, kept: KeptMetadata, read: ReadAgain): Promise<void> {
  const top = packagesFolder(root);
  const texts = listPackages(root).flatMap((pkgbase): NewText[] => {
    const pkgbuild = readWorktreeFile(top, pkgbase, "PKGBUILD");
    if (pkgbuild.kind !== "file") return [];
    return [{ id: blobId(pkgbuild.text), text: pkgbuild.text, isCompared: true }];
  });
  await settleReadings(kept, texts, () => learnReadings(openGit(top, process.env), kept, "here"), read);
  kept.save();
}

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
