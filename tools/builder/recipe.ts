import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import { listTree, readBlobs, type TreeEntry } from "../git/objects.ts";

/**
 * Writes the package folder as it is in a commit, and nothing else, into an empty folder: not the tip of main,
 * not the work tree. Symbolic links are written where they stay inside the folder.
 *
 * @param path the package folder, from the root of the repository
 * @throws SluiceError `recipe-missing`, `recipe-unsafe`
 */
export async function checkOutRecipe(git: Git, commit: string, path: string, into: string): Promise<void> {
  const entries = (await listTree(git, commit, path)).map((entry) => ({
    ...entry,
    path: entry.path.slice(path.length + 1),
  }));
  if (!entries.some((entry) => entry.path === "PKGBUILD")) {
    throw new SluiceError("recipe-missing", `${path} has no PKGBUILD in commit ${commit.slice(0, 10)}`, {
      hint: "The commit that was scheduled must be in this repository: fetch it, or schedule the package anew.",
      facts: { path, commit },
      exitCode: 1,
    });
  }
  for (const entry of entries) refuseSubmodule(entry, path);
  const blobs = await readBlobs(
    git,
    entries.map(({ id }) => id),
  );
  for (const { path: file, mode, id } of entries) {
    const target = join(into, file);
    await mkdir(dirname(target), { recursive: true });
    if (mode === "120000") {
      const destination = blobs.get(id)!.toString();
      if (leavesRecipe(file, destination))
        throw unsafe(`${path}/${file}`, "is a symbolic link out of the folder");
      await symlink(destination, target);
      continue;
    }
    await writeFile(target, blobs.get(id)!, { mode: mode === "100755" ? 0o755 : 0o644, flag: "wx" });
  }
}

/** Git itself refuses `..` and `.git` in paths; what is left are links and submodules. */
function refuseSubmodule({ mode, path: file }: TreeEntry, folder: string): void {
  if (mode === "160000") throw unsafe(`${folder}/${file}`, "is a submodule");
}

function leavesRecipe(file: string, target: string): boolean {
  const resolved = posix.normalize(posix.join(posix.dirname(file), target));
  return posix.isAbsolute(target) || resolved === ".." || resolved.startsWith("../");
}

function unsafe(path: string, what: string): SluiceError {
  return new SluiceError("recipe-unsafe", `${path} ${what}; the package is not built`, {
    hint: "A recipe consists of regular files, and links between them; take this one out.",
    facts: { path },
    exitCode: 1,
  });
}
