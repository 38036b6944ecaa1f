import type { RecipeFiles, Update } from "../../gate/update.ts";
import { resolveCommit } from "../../git/history.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { recipeOf } from "../../workspace/recipe.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import { digestOfRecipe, takeRecipe } from "./take-recipe.ts";

/** A package's recipe in a commit, as the gate sees it. */
export async function readRecipe(git: Git, commit: string, folder: string): Promise<RecipeFiles> {
  const entries = (await listTree(git, commit, folder)).map(
    (entry) => [entry.path.slice(folder.length + 1), entry] as const,
  );
  const readable = entries.filter(([, { size }]) => size !== undefined);
  const blobs = await readBlobs(
    git,
    readable.map(([, { id }]) => id),
  );
  return withoutIgnoreFiles(recipeOf(new Map(entries), blobs));
}

/**
 * The recipe that a person approved last, where what pipelines made of it since is what main has still; undefined
 * where that is main's own.
 *
 * @param main the recipe as main has it
 */
export async function approvedRecipe(
  git: Git,
  folder: string,
  { approved }: Pick<PackageState, "approved">,
  main: RecipeFiles,
): Promise<Update["approved"]> {
  if (!approved || digestOfRecipe(takeRecipe(folder, main)).slice(0, 16) !== approved.made) return undefined;
  if ((await resolveCommit(git, approved.commit)) === undefined) return "lost";
  const recipe = await readRecipe(git, approved.commit, folder);
  return recipe.size === 0 ? "lost" : recipe;
}

/** Never taken, so of no consequence: they stay as main has them. */
export function withoutIgnoreFiles(files: RecipeFiles): RecipeFiles {
  return new Map([...files].filter(([path]) => !/(?:^|\/)\.gitignore$/.test(path)));
}
