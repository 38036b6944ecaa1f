import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { ignoreFiles } from "../../git/ignore.ts";
import { pushAtomically, type RefUpdate } from "../../git/push.ts";
import type { ScheduleFile } from "../../schedule/files.ts";
import { durably } from "../../steps.ts";
import { remote, stateRef } from "../../workspace/refs.ts";
import { scheduledTag } from "./commit-range.ts";
import { requireNoEditsBetween, sayIfLeftBehind } from "./local-clone.ts";
import { type WorkspaceRefs } from "./workspace-refs.ts";
import type { SchedulePorts } from "./ports.ts";
import { writeScheduleFiles } from "./write-schedule.ts";

/** Where the branches of a workspace are to stand. */
export interface NextRefs {
  /** Main's commit, and the one that the tag `scheduled` moves to, unless it stays. */
  readonly head: string;
  readonly tag?: "stays";
  readonly state: string | undefined;
  /** What else is to change with it, or not at all. */
  readonly others?: readonly RefUpdate[];
}

/**
 * Writes the schedule and pushes everything at once; then updates the clone. If another push was first, nothing
 * has changed.
 */
export async function pushSchedule(
  ports: Pick<SchedulePorts, "git" | "platform" | "progress" | "checkpoint">,
  refs: WorkspaceRefs,
  next: NextRefs,
  files: readonly ScheduleFile[],
): ReturnType<typeof pushAtomically> {
  const { git, platform, checkpoint } = ports;
  // Without a remote the clone's own branch moves.
  if (!refs.hasRemote) await requireNoEditsBetween(git, refs.head, next.head);
  await ignoreFiles(
    git,
    files.map(([path]) => path),
  );
  const written = writeScheduleFiles(git.dir, files, checkpoint);
  const updates = [...refUpdates(refs, next), ...(next.others ?? [])];
  if (updates.length === 0) return { kind: "pushed" };
  const pushed = await durably(checkpoint, "main pushed", () =>
    pushAtomically(git, refs.hasRemote ? remote : ".", updates, platform.pushOptions),
  ).catch((error: unknown) => {
    // What may have come through has to be built.
    if (!(error instanceof SluiceError && error.code === "push-unknown")) written.undo();
    throw error;
  });
  if (pushed.kind === "lost-race") written.undo();
  else {
    await followMain(git, refs, next);
    await sayIfLeftBehind(ports, refs, next.head);
  }
  return pushed;
}

function refUpdates(
  { branch: ref, head: oldHead, state: oldState, tag }: WorkspaceRefs,
  { head, state, tag: follows }: NextRefs,
): RefUpdate[] {
  const updates: RefUpdate[] = [
    { ref, expected: oldHead, to: head },
    { ref: stateRef, expected: oldState, to: state },
    {
      ref: scheduledTag,
      expected: tag?.id,
      to: follows === "stays" || tag?.commit === head ? tag?.id : head,
    },
  ];
  const changed = updates.filter(({ expected, to }) => expected !== to);
  // Main is leased even where it doesn't change: the tag and the state speak of this commit of it.
  return changed.length === 0 ? [] : [...new Set([updates[0]!, ...changed])];
}

/**
 * Updates the clone where it is at main's old commit and the user's changes don't conflict. Nothing that follows
 * needs it.
 */
async function followMain(
  git: Git,
  { branch: ref, head: old, hasRemote }: WorkspaceRefs,
  { head, tag }: NextRefs,
): Promise<void> {
  if (tag !== "stays") await git.attempt(["update-ref", scheduledTag, head]);
  const { stdout: at } = await git.attempt(["rev-parse", "--verify", "--quiet", "HEAD"]);
  const { stdout: branch } = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  if (head === old || (branch !== "" && branch !== ref)) return;
  // Where there is no remote, the branch itself has moved already, and its files haven't.
  if (!hasRemote && at === head) await git.attempt(["read-tree", "-m", "-u", old, head]);
  if (at === old) await git.attempt(["merge", "--quiet", "--ff-only", head]);
}
