import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { hasRemote, pushAtomically } from "../../git/push.ts";
import { remote, scheduledTag, type CommitRange } from "../pipeline/commit-range.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import type { Platform } from "../pipeline/platform.ts";

/**
 * Moves the tag `scheduled` to the commit that was looked at, on the remote and then here, leased: if somebody
 * moved it since the plan was made, nothing changes.
 *
 * @throws SluiceError `lost-race` (exit 1)
 */
export async function moveScheduledTag(
  git: Git,
  platform: Platform,
  { tag, head }: Pick<CommitRange, "tag" | "head">,
  checkpoint?: Checkpoint,
): Promise<void> {
  if (tag?.id === head) return;
  if (await hasRemote(git, remote)) {
    const update = { ref: scheduledTag, expected: tag?.id, to: head };
    const pushed = await durably(checkpoint, "scheduled tag pushed", () =>
      pushAtomically(git, remote, [update], platform.pushOptions),
    );
    if (pushed.kind === "lost-race") throw lostRace(pushed.said);
    await durably(checkpoint, "scheduled tag moved", () => git.text(["update-ref", scheduledTag, head]));
    return;
  }
  const moved = await durably(checkpoint, "scheduled tag moved", () =>
    git.attempt(["update-ref", scheduledTag, head, tag?.id ?? "0".repeat(head.length)]),
  );
  if (moved.ok) return;
  if (/but expected|already exists/.test(moved.stderr)) throw lostRace(moved.stderr);
  throw new SluiceError("git", `the tag \`scheduled\` can't be moved: ${moved.stderr}`, {
    hint: "If it is damaged, delete it: git update-ref -d refs/tags/scheduled",
  });
}

function lostRace(said: string): SluiceError {
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
