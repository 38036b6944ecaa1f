import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listRemote } from "../../git/list-remote.ts";
import { hasRemote, type RemoteRef } from "../../git/push.ts";
import { readState, type StateBranch } from "../../workspace/state/state.ts";
import { stateCommit } from "../../workspace/state/state-commit.ts";
import { keptPrefix, remote, stateRef } from "../../workspace/refs.ts";
import { currentBranch, requireMainBranch, scheduledTag } from "./commit-range.ts";
import type { Platform } from "./platform.ts";

const reviewPrefix = "refs/heads/update-";

/** The workspace's refs as they are now: at the remote, or here where there is none. */
export interface WorkspaceRefs {
  /** `refs/heads/main` */
  readonly branch: string;
  /** Its newest commit, which this clone has. */
  readonly head: string;
  readonly state: string | undefined;
  readonly tag: RemoteRef | undefined;
  /** Branches `update-*`, of reviews. */
  readonly reviewBranches: readonly string[];
  /** Refs of commits that were replaced and are still kept, with the commits. */
  readonly kept: ReadonlyMap<string, string>;
  readonly hasRemote: boolean;
}

/**
 * Asks the remote where everything is and fetches what this clone lacks. The work tree and the branches of the
 * clone stay as they are.
 *
 * @throws SluiceError `no-branch` where the branch isn't known, `no-commits`, `git`
 */
export async function readWorkspaceRefs(git: Git, platform: Platform): Promise<WorkspaceRefs> {
  const ref = await branchRef(git, platform);
  const isRemote = await hasRemote(git, remote);
  const refs = await readRefs(git, isRemote, ref);
  const head = refs.get(ref);
  if (head === undefined) {
    const [where, push] = isRemote ? [remote, ` && git push ${remote} ${shortName(ref)}`] : [git.dir, ""];
    throw new SluiceError("no-commits", `${where} has no commits on ${shortName(ref)} yet`, {
      hint: `Commit${isRemote ? " and push" : ""} first: git add --all && git commit${push}`,
      facts: { path: git.dir },
    });
  }
  const state = refs.get(stateRef);
  const tagId = refs.get(scheduledTag);
  if (isRemote)
    await fetchMissing(git, [ref, ...(state ? [stateRef] : [])], [head, ...(state ? [state] : [])]);
  return {
    branch: ref,
    head,
    state,
    tag: tagId === undefined ? undefined : { id: tagId, commit: refs.get(`${scheduledTag}^{}`) ?? tagId },
    reviewBranches: [...refs.keys()].filter((name) => name.startsWith(reviewPrefix)).map(shortName),
    kept: new Map([...refs].filter(([name]) => name.startsWith(keptPrefix))),
    hasRemote: isRemote,
  };
}

/** The branch `state` alone, as it is at the remote now, or here where there is none. */
export async function readStateBranch(git: Git): Promise<StateBranch> {
  return readState(git, await stateCommit(git));
}

export function shortName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, "");
}

async function branchRef(git: Git, { branch }: Platform): Promise<string> {
  const ref = await currentBranch(git, branch);
  if (ref !== undefined) return ref;
  await requireRepository(git);
  throw new SluiceError("no-branch", `${git.dir} is on no branch, so it isn't clear which one to update`, {
    hint: "Check out the main branch first: git switch main",
    facts: { path: git.dir },
  });
}

/** @throws SluiceError `no-commits` where the folder is in no Git repository */
export async function requireRepository(git: Git): Promise<void> {
  const { ok: isRepository } = await git.attempt(["rev-parse", "--git-dir"]);
  if (isRepository) return;
  throw new SluiceError("no-commits", `${git.dir}: not a Git repository`, {
    hint: "Run Sluice in a clone of your packages, or name one with --root.",
    facts: { path: git.dir },
  });
}

async function readRefs(git: Git, isRemote: boolean, ref: string): Promise<ReadonlyMap<string, string>> {
  const wanted = [ref, stateRef, scheduledTag, `${scheduledTag}^{}`];
  const isAsked = (name: string): boolean =>
    // A pattern of ls-remote matches the end of a name, too: refs/heads/x/refs/heads/main.
    wanted.includes(name) || name.startsWith(keptPrefix) || name.startsWith(reviewPrefix);
  if (isRemote) {
    const patterns = [...wanted, `${keptPrefix}*`, `${reviewPrefix}*`];
    const { refs, defaultBranch } = await listRemote(git, remote, patterns);
    requireMainBranch(ref, defaultBranch);
    return new Map([...refs].filter(([name]) => isAsked(name)));
  }
  const format = "--format=%(objectname)%09%(refname)%0a%(*objectname)%09%(refname)^{}";
  const listing = await git.text(["for-each-ref", format, "refs/heads", "refs/tags", keptPrefix]);
  const pairs = listing.split("\n").map((line) => line.split("\t").toReversed() as [string, string]);
  return new Map(pairs.filter(([name, id]) => id !== "" && isAsked(name)));
}

async function fetchMissing(git: Git, refs: readonly string[], commits: readonly string[]): Promise<void> {
  const found = await Promise.all(commits.map((commit) => resolveCommit(git, commit)));
  const missing = refs.filter((_, at) => found[at] === undefined);
  if (missing.length > 0) await git.text(["fetch", "--quiet", "--no-tags", remote, ...missing]);
}
