import type { RecipeFile } from "../../workspace/recipe-changes.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { recipeEntries, recipeOf } from "../../workspace/recipe.ts";
import { isSameRecipe } from "../updates/take-recipe.ts";

/** Commits of a folder that are looked through, from the newest; a package of years has hundreds. */
const furthest = 500;

/**
 * The newest commit up to `commit` whose folder held this very recipe, as far as this clone knows; undefined where
 * none did.
 */
export async function commitThatHad(
  git: Git,
  commit: string,
  folder: string,
  recipe: RecipeFiles,
): Promise<string | undefined> {
  const args = ["log", "--format=%H", `--max-count=${furthest}`, "--no-show-signature", commit, "--"];
  const commits = (await git.text([...args, `:(literal)${folder}`])).split("\n").filter(Boolean);
  for (const id of commits) {
    if (isSameButLayout(await recipeAt(git, id, folder), recipe)) return id;
  }
  return undefined;
}

/** Git's own files aside: a sync from the AUR doesn't take them. */
export function isSameButLayout(a: RecipeFiles, b: RecipeFiles): boolean {
  const [before, after] = [comparable(a), comparable(b)];
  return before !== undefined && after !== undefined && isSameRecipe(before, after);
}

/** Undefined where there is a submodule, which no recipe has. */
function comparable(recipe: RecipeFiles): RecipeFile[] | undefined {
  const files: RecipeFile[] = [];
  for (const [path, { mode, bytes: content }] of recipe) {
    if (mode === "160000") return undefined;
    if (!path.startsWith(".git")) files.push({ path, mode, content });
  }
  return files;
}

async function recipeAt(git: Git, commit: string, folder: string): Promise<RecipeFiles> {
  const entries = (await listTree(git, commit, folder)).map(
    (entry) => [entry.path.slice(folder.length + 1), entry] as const,
  );
  const recipe = recipeEntries(new Map(entries));
  const blobs = recipe.flatMap(([, { id, size }]) => (size === undefined ? [] : [id]));
  return recipeOf(new Map(recipe), await readBlobs(git, blobs));
}
