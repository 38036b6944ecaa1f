import { SluiceError } from "../../../errors.ts";
import { changeFiles, type FileChanges } from "../../../git/change-files.ts";
import type { Git } from "../../../git/git.ts";
import { listTree, readBlobs } from "../../../git/objects.ts";
import { hasRemote, pushAtomically } from "../../../git/push.ts";
import { writeCommit, type Identity } from "../../../git/write-commit.ts";
import { recordsDir } from "../../../release/record/record.ts";
import { durably, type Checkpoint } from "../../../steps.ts";
import { remote, stateRef } from "../../../workspace/refs.ts";
import { stateCommit } from "../../../workspace/state/state-commit.ts";
import type { ReleaseRecords } from "./release-records.ts";

/** The records of a commit of the branch `state`, by path. */
export async function recordsAt(git: Git, state: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (state === undefined) return new Map();
  const entries = await listTree(git, state, recordsDir);
  const blobs = await readBlobs(
    git,
    entries.map(({ id }) => id),
  );
  return new Map(entries.map(({ path, id }) => [path, blobs.get(id)!.toString()]));
}

/**
 * Brings what is on record here to the branch `state`, where pipelines and other machines read it; again where another
 * push was first.
 *
 * @throws SluiceError `git`, `push-rejected`, `lost-race`
 */
export async function pushRecords(
  git: Git,
  records: ReleaseRecords,
  { identity, now, checkpoint }: { identity: Identity; now: Date; checkpoint?: Checkpoint | undefined },
): Promise<void> {
  const to = (await hasRemote(git, remote)) ? remote : ".";
  for (let attempt = 1; attempt <= 5; attempt++) {
    const before = await stateCommit(git);
    const there = await recordsAt(git, before);
    const changes: FileChanges = new Map(
      [...records.texts()]
        .filter(([path, text]) => (there.get(path) ?? "") !== text)
        .map(([path, text]) => [
          path,
          text === "" ? undefined : { mode: "100644", content: Buffer.from(text) },
        ]),
    );
    for (const [path, text] of records.texts()) if (text === "" && !there.has(path)) records.forgotten(path);
    if (changes.size === 0) return;
    const commit = await writeCommit(git, {
      tree: await changeFiles(git, before, changes),
      parents: [],
      identity,
      date: now,
      message: "chore(state): record releases",
    });
    const update = { ref: stateRef, expected: before, to: commit };
    const pushed = await durably(checkpoint, "release records pushed", () =>
      pushAtomically(git, to, [update]),
    );
    if (pushed.kind === "pushed") return;
  }
  throw new SluiceError("lost-race", "the branch state changed each time while releases were put on record", {
    hint: "It is tried again; nothing is lost.",
    exitCode: 1,
  });
}
