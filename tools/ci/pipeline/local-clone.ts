import { SluiceError } from "../../errors.ts";
import { editedFiles } from "../../git/edited-files.ts";
import type { Git } from "../../git/git.ts";
import { mergeBase, resolveCommit } from "../../git/history.ts";
import { listRemote } from "../../git/list-remote.ts";
import { hasRemote } from "../../git/push.ts";
import { remote } from "../../workspace/refs.ts";
import { currentBranch, type CommitRange } from "./commit-range.ts";
import type { Platform } from "./platform.ts";
import type { SchedulePorts } from "./ports.ts";
import { shortName, type WorkspaceRefs } from "./workspace-refs.ts";

/**
 * On a person's machine only what the remote's main branch has is scheduled. Were the tag moved to a commit that is
 * pushed later, the pipeline of that push would find nothing to do, and nobody would build it.
 *
 * @throws SluiceError `unpushed` or `diverged` (exit 1)
 */
export async function requirePushed(
  git: Git,
  platform: Platform,
  { head, remoteHead }: Pick<CommitRange, "head" | "remoteHead">,
): Promise<void> {
  if (platform.kind !== "local" || head === remoteHead || !(await hasRemote(git, remote))) return;
  const branch = await currentBranch(git, platform.branch);
  if (branch === undefined) return;
  const main = remoteHead ?? (await listRemote(git, remote, [branch])).refs.get(branch);
  if (main === undefined) throw unpushed(`${remote} has no branch ${shortName(branch)} yet`, branch);
  await requireBehind(git, branch, head, main);
}

/**
 * An operation commits on top of the remote's main branch. A clone with commits of its own can't follow there, nor
 * one whose edits are in the way.
 *
 * @param head the operation's commit, stored and not pushed yet
 * @returns why it shouldn't be done: SluiceError `unpushed`, `diverged`, `local-edits` (exit 1), or undefined
 */
export async function whyCloneCantFollow(
  git: Git,
  platform: Platform,
  { branch, head: main, hasRemote: isRemote }: WorkspaceRefs,
  head: string,
): Promise<SluiceError | undefined> {
  if (platform.kind !== "local" || head === main) return undefined;
  if ((await currentBranch(git, undefined)) !== branch) return undefined;
  try {
    const here = await resolveCommit(git, "HEAD");
    if (isRemote && here !== undefined) await requireBehind(git, branch, here, main);
    await requireNoEditsBetween(git, main, head);
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError && error.code !== "git") return error;
    throw error;
  }
}

/** Says where a person's clone doesn't follow main, so that nobody goes on from where it stays by mistake. */
export async function sayIfLeftBehind(
  { git, platform, progress }: Pick<SchedulePorts, "git" | "platform" | "progress">,
  { branch, head: before }: WorkspaceRefs,
  head: string,
): Promise<void> {
  if (platform.kind !== "local" || head === before) return;
  if ((await currentBranch(git, undefined)) !== branch) return;
  const here = await resolveCommit(git, "HEAD");
  if (here === undefined || here === head) return;
  progress(`this clone stays at ${here.slice(0, 10)}; to follow: git pull --rebase`);
}

/**
 * Files that differ between two commits may have no edits in the clone that aren't committed: the branch would move
 * and they wouldn't, so that the next `git commit` would take the change back.
 *
 * @throws SluiceError `local-edits` (exit 1)
 */
export async function requireNoEditsBetween(git: Git, from: string, to: string): Promise<void> {
  const edited = await editedFiles(git);
  if (edited.length === 0) return;
  const changed = new Set(
    (await git.text(["diff", "--name-only", "--no-renames", "-z", from, to])).split("\0"),
  );
  const paths = edited.filter((path) => changed.has(path));
  if (paths.length === 0) return;
  throw new SluiceError("local-edits", `uncommitted edits are in the way: ${named(paths)}`, {
    hint: "Nothing was changed. Commit them, put them aside (git stash --include-untracked), or undo them (git restore), and run it again.",
    facts: { paths },
    exitCode: 1,
  });
}

async function requireBehind(git: Git, branch: string, head: string, main: string): Promise<void> {
  if (head === main) return;
  if ((await resolveCommit(git, main)) === undefined) {
    await git.text(["fetch", "--quiet", "--no-tags", remote, branch]);
  }
  const base = await mergeBase(git, head, main);
  if (base === head) return;
  if (base !== main) {
    throw new SluiceError("diverged", `this clone and ${remote} have diverged`, {
      hint: `Nothing was changed. Bring them together first: git pull --rebase, then git push.`,
      facts: { head, remoteHead: main },
      exitCode: 1,
    });
  }
  const count = Number(await git.text(["rev-list", "--count", `${main}..${head}`]));
  const commits = count === 1 ? "1 commit" : `${count} commits`;
  throw unpushed(`this clone has ${commits} that ${shortName(branch)} at ${remote} lacks`, branch);
}

function unpushed(message: string, branch: string): SluiceError {
  return new SluiceError("unpushed", message, {
    hint: `Nothing was changed. Push first: git push ${remote} ${shortName(branch)}. Where a pipeline runs on pushes there, it schedules them; else run this again.`,
    facts: { branch },
    exitCode: 1,
  });
}

function named(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map((path) => (/^[\w@.+/-]+$/.test(path) ? path : JSON.stringify(path)));
  return paths.length > shown.length
    ? `${shown.join(", ")} and ${paths.length - shown.length} more`
    : shown.join(", ");
}
