import { SluiceError } from "../errors.ts";
import { canBeCheckedOut, filesUsedAsFolders } from "../gate/files/recipe-path.ts";
import type { FileChanges, FileInCommit } from "../git/change-files.ts";

/** One file of a recipe, as upstream has it. */
export interface RecipeFile extends FileInCommit {
  /** Within the package's folder. */
  readonly path: string;
}

/**
 * What changes in a commit where a package gets another recipe.
 *
 * @param folder the package's, from the root of the repository
 * @param present paths of the files that are there, within the folder
 * @throws SluiceError `recipe-path`
 */
export function recipeChanges(
  pkgbase: string,
  folder: string,
  present: Iterable<string>,
  files: readonly RecipeFile[],
): FileChanges {
  const removals = [...present].filter((path) => !isReservedPath(path));
  const changes = new Map<string, FileInCommit | undefined>(
    removals.map((path) => [`${folder}/${path}`, undefined]),
  );
  checkPaths(
    pkgbase,
    files.map(({ path }) => path),
  );
  for (const { path, mode, content } of files) {
    changes.set(`${folder}/${path}`, { mode, content });
  }
  return changes;
}

/**
 * One recipe's path that Git can't write, or nobody could check out, would keep all others from main.
 *
 * @throws SluiceError `recipe-path` where a file doesn't belong in a recipe.
 */
export function checkPaths(pkgbase: string, paths: readonly string[]): void {
  if (new Set(paths).size < paths.length) throw badRecipePath(pkgbase, paths.join(" "));
  const [usedAsFolder] = filesUsedAsFolders(paths);
  if (usedAsFolder !== undefined) throw badRecipePath(pkgbase, usedAsFolder);
  for (const path of paths) {
    const isWrong = path.split("/").some((step) => /^\.{0,2}$/.test(step) || step.includes("\0"));
    if (isWrong || isReservedPath(path) || !canBeCheckedOut(path)) throw badRecipePath(pkgbase, path);
  }
}

/** `.CI` is the workspace's, and no upstream may bring Git's own files. */
export function isReservedPath(path: string): boolean {
  return path.split("/").some((step) => /^\.(?:ci|git.*)$/i.test(step));
}

export function badRecipePath(pkgbase: string, path: string): SluiceError {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  return new SluiceError("recipe-path", `${pkgbase}: ${shown} can't be a file of a recipe`, {
    hint: "Upstream's files are paths below the package's folder, each once, not too long, without .CI, .git or `..`.",
    facts: { pkgbase, path },
    exitCode: 1,
  });
}
