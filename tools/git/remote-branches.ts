import type { Git } from "./git.ts";

/**
 * The remote's branches whose names begin with `prefix`: name → commit. Throws SluiceError `git` if it can't be
 * asked.
 */
export async function remoteBranches(git: Git, remote: string, prefix: string): Promise<Map<string, string>> {
  const output = await git.text(["ls-remote", remote, `refs/heads/${prefix}*`]);
  const branches = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [id, ref] = line.split("\t");
    // A pattern of ls-remote matches below any folder, too: refs/heads/x/refs/heads/update-y.
    if (id && ref?.startsWith(`refs/heads/${prefix}`)) branches.set(ref.slice("refs/heads/".length), id);
  }
  return branches;
}
