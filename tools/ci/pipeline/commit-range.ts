import { SluiceError } from "../../errors.ts";
import { depthNeeded } from "../../git/depth.ts";
import type { Git } from "../../git/git.ts";
import {
  commitsBetween,
  firstParent,
  isShallow,
  mergeBase,
  resolveCommit,
  type Commit,
} from "../../git/history.ts";
import { listRemote } from "../../git/list-remote.ts";
import { hasRemote, type RemoteRef } from "../../git/push.ts";
import { remote } from "../../workspace/refs.ts";

export const scheduledTag = "refs/tags/scheduled";

/** What a pipeline has to look at: everything since the commit whose schedule was emitted last. */
export interface CommitRange {
  /** The tag as the remote has it now (or the repository, where there is no remote). */
  readonly tag: RemoteRef | undefined;
  /** The remote's main branch, where it tells: `refs/heads/main`. */
  readonly defaultBranch?: string | undefined;
  /** Its newest commit there. */
  readonly remoteHead?: string | undefined;
  /** How the range came about. */
  readonly basis: "since-tag" | "newest-commit" | "rewritten-history";
  /** The commit to compare with; undefined: HEAD is a first commit. */
  readonly from: string | undefined;
  readonly head: string;
  /** Oldest first. */
  readonly commits: readonly Commit[];
}

/**
 * No tag yet: the newest commit alone counts. Rewritten history (the tag isn't an ancestor): the trees are
 * compared, and messages are read from where the histories part.
 *
 * @throws SluiceError `shallow-clone` where this clone lacks the tag's commit, `no-commits`.
 */
export async function readCommitRange(git: Git): Promise<CommitRange> {
  const head = await resolveCommit(git, "HEAD");
  if (head === undefined) {
    throw new SluiceError("no-commits", `${git.dir}: not a Git repository with commits`, {
      hint: "Run Sluice in a clone of your packages, or name one with --root.",
      facts: { path: git.dir },
    });
  }
  const { tag, ...main } = await readTag(git);
  return { ...(await commitRangeTo(git, head, tag)), ...main };
}

/** The same for any commit, and a tag that was read before. */
export async function commitRangeTo(
  git: Git,
  head: string,
  tag: RemoteRef | undefined,
): Promise<CommitRange> {
  if (!tag) {
    const from = await firstParent(git, head);
    return { tag, basis: "newest-commit", from, head, commits: await commitsBetween(git, undefined, head) };
  }
  await requireCommit(git, tag.commit, head);
  const base = await mergeBase(git, tag.commit, head);
  if (base === tag.commit) {
    return { tag, basis: "since-tag", from: base, head, commits: await commitsBetween(git, base, head) };
  }
  if (base === undefined && (await isShallow(git))) throw await shallowClone(git, tag.commit, head);
  return {
    tag,
    basis: "rewritten-history",
    from: tag.commit,
    head,
    commits: await commitsBetween(git, base, head),
  };
}

async function readTag(git: Git): Promise<Pick<CommitRange, "tag" | "defaultBranch" | "remoteHead">> {
  if (await hasRemote(git, remote)) {
    const listing = await listRemote(git, remote, [scheduledTag, `${scheduledTag}^{}`]);
    const { refs, defaultBranch, head: remoteHead } = listing;
    const id = refs.get(scheduledTag);
    const tag = id === undefined ? undefined : { id, commit: refs.get(`${scheduledTag}^{}`) ?? id };
    return { tag, defaultBranch, remoteHead };
  }
  const { ok, stdout: id } = await git.attempt(["rev-parse", "--verify", "--quiet", scheduledTag]);
  if (!ok) return { tag: undefined };
  const commit = await resolveCommit(git, id);
  if (commit === undefined) throw notACommit();
  return { tag: { id, commit } };
}

/** The branch that is checked out, or that the platform checked out a commit of; undefined where neither is known. */
export async function currentBranch(git: Git, branch: string | undefined): Promise<string | undefined> {
  if (branch !== undefined) return `refs/heads/${branch}`;
  const { ok, stdout } = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  return ok ? stdout : undefined;
}

/**
 * What another branch lacks would count as removed, and what it has would be built.
 *
 * @throws SluiceError `wrong-branch`
 */
export function requireMainBranch(ref: string, defaultBranch: string | undefined): void {
  if (defaultBranch === undefined || ref === defaultBranch) return;
  const [name, main] = [ref, defaultBranch].map((each) => each.replace("refs/heads/", ""));
  throw new SluiceError("wrong-branch", `${name} isn't the main branch, which is ${main} at ${remote}`, {
    hint: `Nothing was changed. Run it on the main branch: git switch ${main}. Which one that is, the remote's default branch says.`,
    facts: { ref },
  });
}

/**
 * Where the tag isn't behind this commit, main was rewritten, or this clone has gone another way than main. What main
 * has and this clone lacks would then count as removed.
 *
 * @throws SluiceError `diverged`
 */
export async function requireCommitOfMain(
  git: Git,
  { basis, head, defaultBranch, remoteHead }: CommitRange | Omit<CommitRange, "commits">,
): Promise<void> {
  if (basis !== "rewritten-history" || defaultBranch === undefined || remoteHead === undefined) return;
  if (head === remoteHead) return;
  if ((await resolveCommit(git, remoteHead)) === undefined) {
    await git.text(["fetch", "--quiet", "--no-tags", remote, defaultBranch]);
  }
  if ((await mergeBase(git, head, remoteHead)) === head) return;
  throw new SluiceError("diverged", `this clone and ${remote} have diverged`, {
    hint: `Nothing was changed. Bring them together first: git pull --rebase, then git push.`,
    facts: { head, remoteHead },
    exitCode: 1,
  });
}

/** After a rewrite the tag's commit is on no branch, so a plain clone may lack it and fetches it alone. */
async function requireCommit(git: Git, commit: string, head: string): Promise<void> {
  if ((await resolveCommit(git, commit)) !== undefined) return;
  if (await isShallow(git)) throw await shallowClone(git, commit, head);
  await git.text(["fetch", "--quiet", "--no-tags", remote, scheduledTag]);
  if ((await resolveCommit(git, commit)) === undefined) throw notACommit();
}

function notACommit(): SluiceError {
  return new SluiceError("scheduled-tag", "the tag `scheduled` doesn't point to a commit", {
    hint: "Delete it, here and at the remote; the next run then looks at the newest commit alone.",
    facts: { ref: scheduledTag },
  });
}

async function shallowClone(git: Git, commit: string, head: string): Promise<SluiceError> {
  const depth = await depthNeeded(git, remote, scheduledTag, head);
  const fetch = depth === undefined ? "git fetch --unshallow" : `git fetch --depth=${depth}`;
  return new SluiceError(
    "shallow-clone",
    `the clone is too shallow: it doesn't reach ${commit.slice(0, 12)}, which the tag \`scheduled\` points to`,
    {
      hint: `Run: ${fetch} ${remote} (in pipelines, clone without a depth: GIT_DEPTH: 0 on GitLab, fetch-depth: 0 on GitHub).`,
      facts: { path: git.dir, commit },
    },
  );
}
