import { isPkgbase } from "../alpm/names.ts";
import { SluiceError } from "../errors.ts";
import { canBeCheckedOut, filesUsedAsFolders } from "../gate/recipe-path.ts";
import { changeFiles, type FileChanges, type FileInCommit } from "../git/change-files.ts";
import type { Git } from "../git/git.ts";
import { listTree } from "../git/objects.ts";
import { writeCommit, type Identity } from "../git/write-commit.ts";
import { reviewTitle } from "./review-texts.ts";

/** One file of a recipe, as upstream has it. */
export interface RecipeFile extends FileInCommit {
  /** Within the package's folder. */
  readonly path: string;
}

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
 * @throws SluiceError `recipe-path` where a file has no business in a recipe.
 */
export async function makeUpdateCommit(
  git: Git,
  update: WantedUpdate,
  { packagesDir, identity, date }: { packagesDir: string; identity: Identity; date: Date },
): Promise<string> {
  const { pkgbase, base, files } = update;
  if (!isPkgbase(pkgbase)) throw badPath(pkgbase, pkgbase);
  const folder = packagesDir === "." ? pkgbase : `${packagesDir}/${pkgbase}`;
  const present = (await listTree(git, base, folder)).map(({ path }) => path.slice(folder.length + 1));
  const tree = await changeFiles(git, base, recipeChanges(pkgbase, folder, present, files));
  const message = `${reviewTitle(pkgbase)}\n`;
  return writeCommit(git, { tree, parents: [base], identity, date, message });
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
  const removals = [...present].filter((path) => !isOurs(path));
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
 * @throws SluiceError `recipe-path` where a file has no business in a recipe.
 */
export function checkPaths(pkgbase: string, paths: readonly string[]): void {
  if (new Set(paths).size < paths.length) throw badPath(pkgbase, paths.join(" "));
  const [usedAsFolder] = filesUsedAsFolders(paths);
  if (usedAsFolder !== undefined) throw badPath(pkgbase, usedAsFolder);
  for (const path of paths) {
    const isWrong = path.split("/").some((step) => /^\.{0,2}$/.test(step) || step.includes("\0"));
    if (isWrong || isOurs(path) || !canBeCheckedOut(path)) throw badPath(pkgbase, path);
  }
}

/** `.CI` is the workspace's, and no upstream may bring Git's own files. */
export function isOurs(path: string): boolean {
  return path.split("/").some((step) => /^\.(?:ci|git.*)$/i.test(step));
}

function badPath(pkgbase: string, path: string): SluiceError {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  return new SluiceError("recipe-path", `${pkgbase}: ${shown} can't be a file of a recipe`, {
    hint: "Upstream's files are paths below the package's folder, each once, of a bearable length, without .CI, .git or `..`.",
    facts: { pkgbase, path },
    exitCode: 1,
  });
}
