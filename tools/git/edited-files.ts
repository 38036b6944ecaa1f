import type { Git } from "./git.ts";

/**
 * Paths from the root of files whose text in the work tree or in the index isn't HEAD's, and of files that Git
 * doesn't know; those that it ignores aren't among them.
 *
 * @param folder of the repository; undefined: all of it
 */
export async function editedFiles(git: Git, folder?: string): Promise<string[]> {
  // Looking at a clone is to change nothing in it, not even Git's own notes of what it saw.
  const args = [
    "--no-optional-locks",
    "status",
    "--porcelain",
    "-z",
    "--no-renames",
    "--untracked-files=all",
  ];
  const where = folder === undefined ? [] : ["--", `:(top,literal)${folder}`];
  const status = await git.text([...args, ...where]);
  return status.split("\0").flatMap((entry) => (entry === "" ? [] : [entry.slice(3)]));
}
