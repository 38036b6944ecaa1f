import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { requireGitAddress } from "../git-address.ts";

/**
 * The manager's own clone of a further workspace: it is made once, and brought up to date as that which the manager
 * was started in.
 *
 * @param folder where such clones lie
 * @throws SluiceError `workspace-away`
 */
export async function cloneWorkspace(
  folder: string,
  { name, url }: { readonly name: string; readonly url: string },
  openGit: (folder: string) => Git,
): Promise<Git> {
  requireGitAddress(url);
  await mkdir(folder, { recursive: true });
  const path = join(folder, encodeURIComponent(name));
  if (!existsSync(path)) {
    const fresh = `${path}.new`;
    await rm(fresh, { recursive: true, force: true });
    const cloned = await openGit(folder).attempt(["clone", "--quiet", "--no-tags", "--", url, fresh]);
    if (!cloned.ok) throw away(name, cloned.stderr);
    await rename(fresh, path);
  }
  const git = openGit(path);
  await git.text(["remote", "set-url", "origin", url]);
  return git;
}

function away(name: string, said: string): SluiceError {
  return new SluiceError(
    "workspace-away",
    `the workspace ${name} can't be cloned: ${said.split("\n").at(-1)}`,
    { hint: "Is its address in PACKAGE_REPOS right, and may this machine read it?", exitCode: 1 },
  );
}
