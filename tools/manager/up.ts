import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { recordNeeds } from "../pkgrepo/publishing/record-needs.ts";
import { publish } from "../pkgrepo/publishing/publish.ts";
import type { Repaired } from "../pkgrepo/checking/repair.ts";
import { runnableBuilds } from "../queue/runnable-builds.ts";
import type { PendingBuild, Queue } from "../queue/queue.ts";
import { follower, type Follower, type FollowOptions, type FollowWatcher } from "./follower.ts";
import {
  byWorkspace,
  installationOf,
  whyNotHere,
  type Installation,
  type Installations,
} from "./installation.ts";
import { classesHere } from "./releases/jobs/job-class.ts";
import { releaseArch, releaseOf } from "./releases/record/release-key.ts";
import { saidOnce } from "./said-once.ts";
import { watchPublished } from "./watch.ts";
import { work, type Watcher } from "./builds/work.ts";

export interface UpWatcher extends Watcher, FollowWatcher {
  /** What published packages need is read: `read` of `all` files. */
  readNeeds?(read: number, all: number): void;
}

interface UpOptions extends FollowOptions {
  readonly worker: string;
  readonly jobs: number;
  /** The architectures that are built for here; default: any. */
  readonly archs?: readonly string[] | undefined;
  /** Whether builders on other machines take part, which may build for all architectures. */
  readonly buildersElsewhere?: boolean;
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
export async function up(installations: Installations, options: UpOptions): Promise<readonly PendingBuild[]> {
  const { watcher, once, signal, archs, buildersElsewhere = false } = options;
  /** Whether something goes on by itself. */
  const isPending = (build: PendingBuild): boolean =>
    build.status.kind === "active" ||
    ((build.status.kind === "ready" || build.status.kind === "delayed") &&
      (buildersElsewhere || isForHere(build, archs)));
  const { queue } = installations[0];
  const repaired = new Map<Installation, readonly Repaired[]>();
  for (const installation of installations) {
    repaired.set(installation, await watchPublished(installation, watcher));
    await publish(installation.repository, [], installation.now());
  }
  await cancelOthers(queue, installations, watcher);
  const reading = readOldNeeds(installations, options);
  if (once) await reading;
  const follow = await followAll(installations, options, repaired);
  for (let pause = 10_000; !signal.aborted; pause = Math.min(2 * pause, 300_000)) {
    try {
      await work(installations, {
        ...options,
        tick: follow,
        idle: async () => {
          if (once) return somethingPending(queue, isPending);
          await sleep(1000, undefined, { signal }).catch(() => undefined);
          return true;
        },
      });
      await follow.settle();
      const { builds } = await queue.state();
      // Another command may have asked for builds since `work` found nothing left.
      if (signal.aborted || !runnableBuilds(builds).some(isPending)) return builds;
    } catch (error) {
      // Whoever installs from here is served on, whatever is wrong with building.
      if (once || !follow.began() || !(error instanceof SluiceError)) throw error;
      watcher.troubled?.(error);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  return (await queue.state()).builds;
}

function isForHere({ arch, class: wanted }: PendingBuild, archs: UpOptions["archs"]): boolean {
  if (arch === releaseArch) return wanted === null || classesHere().includes(wanted);
  return archs === undefined || archs.includes(arch);
}

/** Each workspace by itself: what is wrong with a further one is said, and keeps nobody from the others. */
async function followAll(
  installations: Installations,
  options: FollowOptions,
  repaired: ReadonlyMap<Installation, readonly Repaired[]>,
): Promise<Follower> {
  const followers: Follower[] = [];
  for (const group of byWorkspace(installations)) {
    // Projects of several workspaces may have the same name, so those of the first one alone are released.
    const releases = group[0] === installations[0];
    followers.push(await follower(group, { ...options, releases }, repaired));
  }
  const [first, ...further] = followers;
  const troubled = saidOnce((error) => options.watcher.troubled?.(error));
  const follow = async (): Promise<boolean> => {
    const goOn = await first!();
    for (const one of further) {
      await one().catch((error: unknown) => {
        if (!(error instanceof SluiceError)) throw error;
        troubled(error);
      });
    }
    return goOn;
  };
  const settle = async (): Promise<void> => {
    for (const one of followers) await one.settle();
  };
  return Object.assign(follow, { began: () => first!.began(), settle });
}

/** What is queued for a repository or an architecture that isn't published here any more. */
async function cancelOthers(queue: Queue, installations: Installations, watcher: UpWatcher): Promise<void> {
  const { builds } = await queue.state();
  for (const build of builds) {
    const isOurs = installationOf(installations, build) ?? releaseOf(build);
    if (isOurs || build.status.kind === "active") continue;
    const message = whyNotHere(build, installations);
    await queue.cancel(build, message);
    watcher.finished?.(build, { outcome: "cancelled", message }, 0);
  }
}

/** What was published before needs were kept is read once, beside the builds. */
async function readOldNeeds(
  installations: Installations,
  { watcher, signal }: Pick<UpOptions, "watcher" | "signal">,
): Promise<void> {
  const progress = (read: number, all: number): void => watcher.readNeeds?.(read, all);
  for (const { repository, now } of installations) {
    try {
      await recordNeeds(repository, { now, signal, progress });
    } catch (error) {
      // The next start goes on with it; nothing is rebuilt by itself until then.
      if (!(error instanceof SluiceError)) throw error;
      watcher.troubled?.(error);
    }
  }
}

/** Whether something is going to be tried again, here or by another builder; waits for it a little. */
async function somethingPending(queue: Queue, isPending: (build: PendingBuild) => boolean): Promise<boolean> {
  const { builds } = await queue.state();
  const pending = runnableBuilds(builds).some(isPending);
  if (pending) await sleep(250);
  return pending;
}
