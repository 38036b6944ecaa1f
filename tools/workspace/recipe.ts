import type { RecipeFile, RecipeFiles } from "../gate/update.ts";
import type { TreeEntry } from "../git/objects.ts";

/** As much as a sync from upstream takes, in bytes. */
export const largestRecipe = 20 * 1024 * 1024;

/** The files of a package folder that are the recipe: all but `.CI`. */
export function recipeEntries(folder: ReadonlyMap<string, TreeEntry>): [string, TreeEntry][] {
  return [...folder].filter(([path]) => !isInCiFolder(path));
}

export function isInCiFolder(path: string): boolean {
  return path === ".CI" || path.startsWith(".CI/");
}

/** Makes the recipe of a package folder's files whose contents were read. */
export function recipeOf(
  folder: ReadonlyMap<string, TreeEntry>,
  blobs: ReadonlyMap<string, Uint8Array>,
): RecipeFiles {
  return new Map(
    recipeEntries(folder).map(([path, { mode, id }]) => [
      path,
      // A submodule has no content here; its commit stands for it.
      { mode: modeOf(mode), bytes: blobs.get(id) ?? Buffer.from(id) },
    ]),
  );
}

/** Old commits have a few modes that Git no longer writes, such as 100664. */
function modeOf(mode: string): RecipeFile["mode"] {
  if (mode === "160000" || mode === "120000") return mode;
  return Number.parseInt(mode, 8) & 0o100 ? "100755" : "100644";
}
