import { isPkgbase } from "../alpm/names.ts";
import { SluiceError } from "../errors.ts";
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
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size < files.length) throw badPath(pkgbase, files.map(({ path }) => path).join(" "));
  for (const { path, mode, content } of files) {
    const steps = path.split("/");
    const isBelowFile = steps.some((_, depth) => paths.has(steps.slice(0, depth).join("/")));
    if (isBelowFile || isOurs(path) || steps.some((step) => /^\.{0,2}$/.test(step) || step.includes("\0"))) {
      throw badPath(pkgbase, path);
    }
    changes.set(`${folder}/${path}`, { mode, content });
  }
  return changes;
}

/** `.CI` is the workspace's, and no upstream may bring Git's own files. */
export function isOurs(path: string): boolean {
  return path.split("/").some((step) => /^\.(?:ci|git.*)$/i.test(step));
}

function badPath(pkgbase: string, path: string): SluiceError {
  return new SluiceError("recipe-path", `${pkgbase}: ${JSON.stringify(path)} can't be a file of a recipe`, {
    hint: "Upstream's files are paths below the package's folder, each once, without .CI, .git or `..`.",
    facts: { pkgbase, path },
    exitCode: 1,
  });
}
