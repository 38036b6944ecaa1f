import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listFolders, readFolders } from "../../workspace/commit.ts";
import { parseWorkspace } from "../../workspace/workspace.ts";
import { versionOf } from "./package-facts.ts";

const remembered = 5000;

/** Tells which version the recipe of a package had in a commit; null where it doesn't say, or the commit is gone. */
export function versionsAt(git: Git): (commit: string, pkgbase: string) => Promise<string | null> {
  const known = new Map<string, Promise<string | null>>();
  return (commit, pkgbase) => {
    const key = `${commit} ${pkgbase}`;
    const found = known.get(key) ?? read(commit, pkgbase);
    known.set(key, found);
    found.catch(() => known.delete(key));
    if (known.size > remembered) known.delete(known.keys().next().value!);
    return found;
  };

  async function read(commit: string, pkgbase: string): Promise<string | null> {
    if ((await resolveCommit(git, commit)) === undefined) return null;
    try {
      const files = await readFolders(git, await listFolders(git, commit), new Set([pkgbase]));
      return versionOf(parseWorkspace(files).packages.get(pkgbase));
    } catch (error) {
      // A commit whose folders can't be told apart has no version to show.
      if (error instanceof SluiceError) return null;
      throw error;
    }
  }
}
