import { resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { underLock } from "../../system/lock.ts";

/** Seconds; a run that takes longer than this is stuck. */
const longestWait = 600;

/**
 * Does work of a pipeline while no other one does in the same clone: all of them write the same schedule files.
 *
 * @throws SluiceError `locked` (exit 1)
 */
export async function underCloneLock<T>(git: Git, work: () => Promise<T>): Promise<T> {
  const file = resolve(git.dir, await git.text(["rev-parse", "--git-path", "sluice.lock"]));
  let begun = false;
  const begin = (): Promise<T> => {
    begun = true;
    return work();
  };
  try {
    return await underLock(file, longestWait, begin, "clone");
  } catch (error) {
    // Without flock(1) it's up to the platform that runs don't meet.
    if (begun || !(error instanceof SluiceError) || error.code !== "program-missing") throw error;
    return work();
  }
}
