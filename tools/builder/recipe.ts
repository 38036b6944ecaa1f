import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError, systemCode } from "../errors.ts";
import type { Git } from "../git/git.ts";
import { listTree, readBlobs, type TreeEntry } from "../git/objects.ts";

/**
 * Writes a folder as it is in a commit, and nothing else, into an empty folder. Symbolic links are written where they
 * stay inside the folder.
 *
 * @throws SluiceError `recipe-unsafe`
 */
export async function checkOutFolder(git: Git, commit: string, path: string, into: string): Promise<void> {
  await writeEntries(git, await entriesOf(git, commit, path), path, into);
}

/**
 * Writes the package folder as it is in a commit, and nothing else, into an empty folder: not the tip of main,
 * not the work tree. Symbolic links are written where they stay inside the folder.
 *
 * @param path the package folder, from the root of the repository
 * @throws SluiceError `recipe-missing`, `recipe-unsafe`
 */
export async function checkOutRecipe(git: Git, commit: string, path: string, into: string): Promise<void> {
  const entries = await entriesOf(git, commit, path);
  if (!entries.some((entry) => entry.path === "PKGBUILD")) {
    throw new SluiceError("recipe-missing", `${path} has no PKGBUILD in commit ${commit.slice(0, 10)}`, {
      hint: "The commit that was scheduled must be in this repository: fetch it, or schedule the package again.",
      facts: { path, commit },
      exitCode: 1,
    });
  }
  await writeEntries(git, entries, path, into);
}

async function entriesOf(git: Git, commit: string, path: string): Promise<readonly TreeEntry[]> {
  const entries = await listTree(git, commit, path);
  return entries.map((entry) => ({ ...entry, path: entry.path.slice(path.length + 1) }));
}

async function writeEntries(
  git: Git,
  entries: readonly TreeEntry[],
  path: string,
  into: string,
): Promise<void> {
  for (const entry of entries) refuseUnsafe(entry, path);
  const blobs = await readBlobs(
    git,
    entries.map(({ id }) => id),
  );
  for (const entry of entries) {
    const content = blobs.get(entry.id)!;
    if (entry.mode === "120000" && leavesRecipe(entry.path, content.toString())) {
      throw unsafe(`${path}/${entry.path}`, "is a symbolic link out of the folder");
    }
    try {
      await writeEntry(entry, content, join(into, entry.path));
    } catch (error) {
      if (!["EEXIST", "ENAMETOOLONG", "EINVAL"].includes(systemCode(error) ?? "")) throw error;
      throw unsafe(`${path}/${entry.path}`, `can't be written (${systemCode(error)})`);
    }
  }
}

/** Git itself refuses `..` and `.git` in paths; what is left are submodules, and names that aren't text. */
function refuseUnsafe({ mode, path: file }: TreeEntry, folder: string): void {
  if (mode === "160000") throw unsafe(`${folder}/${file}`, "is a submodule");
  if (/\p{Surrogate}|\uFFFD/u.test(file)) throw unsafe(`${folder}/${file}`, "has a name that isn't UTF-8");
}

async function writeEntry({ mode }: TreeEntry, content: Buffer, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (mode === "120000") return symlink(content.toString(), target);
  await writeFile(target, content, { mode: mode === "100755" ? 0o755 : 0o644, flag: "wx" });
}

/**
 * `..` may stand at the beginning alone: behind a name it would climb from wherever that leads, which may be
 * another link.
 */
function leavesRecipe(file: string, target: string): boolean {
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const ups = parts.findIndex((part) => part !== "..");
  const climbs = ups === -1 ? parts.length : ups;
  const depth = file.split("/").length - 1;
  return target.startsWith("/") || climbs > depth || parts.slice(climbs).includes("..");
}

function unsafe(path: string, what: string): SluiceError {
  return new SluiceError("recipe-unsafe", `${path} ${what}; the package is not built`, {
    hint: "A recipe consists of regular files, and links between them; take this one out.",
    facts: { path },
    exitCode: 1,
  });
}
