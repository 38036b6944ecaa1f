import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listRemote } from "../../git/list-remote.ts";
import { hasRemote } from "../../git/push.ts";
import { remote, stateRef } from "../refs.ts";

/** Where this clone last saw the branch `state`; nobody is asked. */
export async function stateCommitHere(git: Git): Promise<string | undefined> {
  return (await resolveCommit(git, `refs/remotes/${remote}/state`)) ?? (await resolveCommit(git, stateRef));
}

/**
 * Where the branch `state` is at the remote now, fetched where this clone lacks it; here where there is no remote.
 *
 * @throws SluiceError `git` where the remote can't be asked
 */
export async function stateCommit(git: Git): Promise<string | undefined> {
  if (!(await hasRemote(git, remote))) return resolveCommit(git, stateRef);
  const commit = (await listRemote(git, remote, [stateRef])).refs.get(stateRef);
  if (commit !== undefined && !(await resolveCommit(git, commit)))
    await git.text(["fetch", "--quiet", "--no-tags", remote, stateRef]);
  return commit;
}
