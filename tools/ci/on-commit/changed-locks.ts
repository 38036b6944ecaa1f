import type { Git } from "../../git/git.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { readLock, type Lock } from "../../release/refs/lock.ts";
import { releasesDir } from "../../workspace/releases/release-files.ts";

/** A changed lock is a release. */
export interface ChangedLock {
  readonly project: string;
  readonly channel: string;
  readonly lock: Lock;
}

/** The locks that differ between two commits, as the later one has them; builders make these releases. */
export async function changedLocks(
  git: Git,
  from: string | undefined,
  head: string,
): Promise<readonly ChangedLock[]> {
  const now = (await listTree(git, head, releasesDir)).filter(({ path }) => lockFile.test(path));
  if (now.length === 0) return [];
  const before = from === undefined ? [] : await listTree(git, from, releasesDir);
  const known = new Map(before.map(({ path, id }) => [path, id]));
  const changed = now.filter(({ path, id }) => known.get(path) !== id);
  const blobs = await readBlobs(
    git,
    changed.map(({ id }) => id),
  );
  return changed.flatMap(({ path, id }): ChangedLock[] => {
    const [, project, channel] = lockFile.exec(path)!;
    const { lock } = readLock(path, blobs.get(id)!.toString());
    return lock ? [{ project: project!, channel: channel!, lock }] : [];
  });
}

const lockFile = /^releases\/([^/]+)\/([^/]+)\.lock$/;
