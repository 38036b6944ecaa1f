import { isPkgbase } from "../alpm/names.ts";
import { changeFiles } from "../git/change-files.ts";
import type { Git } from "../git/git.ts";
import { listTree } from "../git/objects.ts";
import { writeCommit, type Identity } from "../git/write-commit.ts";
import { badRecipePath, recipeChanges, type RecipeFile } from "../workspace/recipe-changes.ts";
import { reviewTitle } from "./review-texts.ts";

/** An update that a person has to judge. */
export interface WantedUpdate {
  readonly pkgbase: string;
  /** Upstream's revision: a digest of the new recipe, 16 or more lower-case hexadecimal digits. */
  readonly revision: string;
  /** What the reviewer reads, in Markdown; upstream's text in it is inert. */
  readonly body: string;
  /** The whole new recipe. */
  readonly files: readonly RecipeFile[];
  /** The commit of main that the branch starts from. */
  readonly base: string;
}

/**
 * Makes the commit that a review shows, and returns its id: main with this package's new recipe and no other
 * change. Git's objects alone are written, neither work tree nor index nor a ref. What isn't upstream's in the
 * folder (`.CI`, `.git*`) stays as main has it.
 *
 * @param packagesDir `packages`, or `.` for packages at the root
 * @throws SluiceError `recipe-path` where a file doesn't belong in a recipe.
 */
export async function makeUpdateCommit(
  git: Git,
  update: WantedUpdate,
  { packagesDir, identity, date }: { packagesDir: string; identity: Identity; date: Date },
): Promise<string> {
  const { pkgbase, base, files } = update;
  if (!isPkgbase(pkgbase)) throw badRecipePath(pkgbase, pkgbase);
  const folder = packagesDir === "." ? pkgbase : `${packagesDir}/${pkgbase}`;
  const present = (await listTree(git, base, folder)).map(({ path }) => path.slice(folder.length + 1));
  const tree = await changeFiles(git, base, recipeChanges(pkgbase, folder, present, files));
  const message = `${reviewTitle(pkgbase)}\n`;
  return writeCommit(git, { tree, parents: [base], identity, date, message });
}
