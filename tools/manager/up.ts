import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { publish } from "../pkgrepo/publishing/publish.ts";
import type { PendingBuild } from "../queue/queue.ts";
import { follower, type FollowOptions, type FollowWatcher } from "./follower.ts";
import type { Installation } from "./installation.ts";
import { watchPublished } from "./watch.ts";
import { work, type Watcher } from "./builds/work.ts";

export interface UpWatcher extends Watcher, FollowWatcher {}

interface UpOptions extends FollowOptions {
  readonly worker: string;
  readonly jobs: number;
  readonly watcher: UpWatcher;
  readonly signal: AbortSignal;
}

/**
 * Keeps the package repository as main says: builds the difference and what pipelines ask for, then again after each
 * new commit, and every hour, so that what got lost comes back.
 *
 * @param options.once end when all is published or nothing more can be done
 * @returns the builds that are left: blocked ones, and all others that there was no time for before `signal`
 */
export async function up(installation: Installation, options: UpOptions): Promise<readonly PendingBuild[]> {
  const { watcher, once, signal } = options;
  const repaired = await watchPublished(installation, watcher);
  await publish(installation.repository, [], installation.now());
  const follow = await follower(installation, options, repaired);
  for (let pause = 10_000; !signal.aborted; pause = Math.min(2 * pause, 300_000)) {
    try {
      await work(installation, {
        ...options,
        tick: follow,
        idle: async () => {
          if (once) return retriesPending(installation);
          await sleep(1000, undefined, { signal }).catch(() => undefined);
          return true;
        },
      });
      const { builds } = await installation.queue.state();
      // Another command may have asked for builds since `work` found nothing left.
      if (signal.aborted || !builds.some(isPending)) return builds;
    } catch (error) {
      // Whoever installs from here is served on, whatever is wrong with building.
      if (once || !follow.began() || !(error instanceof SluiceError)) throw error;
      watcher.troubled?.(error);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  return (await installation.queue.state()).builds;
}

/** Whether something is going to be tried again, here or by another builder; waits for it a little. */
async function retriesPending({ queue }: Installation): Promise<boolean> {
  const { builds } = await queue.state();
  const pending = builds.some(isPending);
  if (pending) await sleep(250);
  return pending;
}

const isPending = ({ status }: PendingBuild): boolean => status.kind !== "blocked";
