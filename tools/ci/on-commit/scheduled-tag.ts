import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { hasRemote, pushAtomically, type RefUpdate } from "../../git/push.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import { remote } from "../../workspace/refs.ts";
import { scheduledTag, type CommitRange } from "../pipeline/commit-range.ts";
import type { Platform } from "../pipeline/platform.ts";

/**
 * Moves the tag `scheduled` to the commit that was looked at, with what changes with it, on the remote and then here,
 * leased: if somebody moved any of it since the plan was made, nothing changes.
 *
 * @throws SluiceError `push-rejected`, `push-unknown`, `git`
 */
export async function moveScheduledTag(
  git: Git,
  platform: Platform,
  { tag, head }: Pick<CommitRange, "tag" | "head">,
  others: readonly RefUpdate[],
  checkpoint?: Checkpoint,
): Promise<{ kind: "pushed" } | { kind: "lost-race"; said: string }> {
  const updates = [{ ref: scheduledTag, expected: tag?.id, to: head }, ...others];
  if (await hasRemote(git, remote)) {
    const pushed = await durably(checkpoint, "scheduled tag pushed", () =>
      pushAtomically(git, remote, updates, platform.pushOptions),
    );
    if (pushed.kind === "pushed") {
      await durably(checkpoint, "scheduled tag moved", () => git.text(["update-ref", scheduledTag, head]));
    }
    return pushed;
  }
  const none = "0".repeat(head.length);
  const lines = updates.map(({ ref, expected, to }) => `update ${ref} ${to} ${expected ?? none}\n`);
  const moved = await durably(checkpoint, "scheduled tag moved", () =>
    git.attempt(["update-ref", "--stdin"], { input: lines.join("") }),
  );
  if (moved.ok) return { kind: "pushed" };
  if (/but expected|already exists/.test(moved.stderr)) return { kind: "lost-race", said: moved.stderr };
  throw new SluiceError("git", `the tag \`scheduled\` can't be moved: ${moved.stderr}`, {
    hint: "If it is damaged, delete it: git update-ref -d refs/tags/scheduled",
  });
}

/** @param said what Git said */
export function lostRace(said: string): SluiceError {
  return new SluiceError(
    "lost-race",
    "another run moved the tag `scheduled` meanwhile; this one changed nothing",
    {
      hint: "The other run has scheduled these commits, or a further run will: fetch, and run it again if in doubt.",
      facts: { said },
      exitCode: 1,
    },
  );
}
