import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { resolveCommit } from "../git/history.ts";
import type { Repaired } from "../pkgrepo/checking/repair.ts";
import { publish } from "../pkgrepo/publishing/publish.ts";
import type { PendingBuild } from "../queue/queue.ts";
import { requireValidConfig } from "../workspace/workspace.ts";
import type { Installation } from "./installation.ts";
import type { Difference } from "./reconcile/reconcile.ts";
import type { Revision } from "./reconcile/revision.ts";
import { rotateWhenDue } from "./rotation.ts";
import { reconcile } from "./reconcile/submit.ts";
import { tidy } from "./tidy.ts";
import { rebuildLost, watchPublished } from "./watch.ts";
import { work, type Watcher } from "./builds/work.ts";

export interface UpWatcher extends Watcher {
  /** What main says and the package repository doesn't have. */
  reconciled?(commit: string, difference: Difference): void;
  /** Something is to be fixed by a person; until then all stays as it was. */
  troubled?(error: SluiceError): void;
  /** A published file was damaged. */
  repaired?(file: Repaired): void;
  /** Everything is signed by another key now. */
  rotated?(fingerprint: string): void;
}

interface UpOptions {
  readonly worker: string;
  readonly jobs: number;
  /** End when all is published or nothing more can be done. */
  readonly once: boolean;
  readonly watcher: UpWatcher;
  readonly signal: AbortSignal;
}

/**
 * Keeps the package repository as main says: builds the difference, then again after each new commit, and every
 * hour, so that what got lost comes back.
 *
 * @returns the builds that are left: blocked ones, and all others that there was no time for before `signal`
 */
export async function up(installation: Installation, options: UpOptions): Promise<readonly PendingBuild[]> {
  const { watcher, once, signal } = options;
  const repaired = await repair(installation, watcher);
  await publish(installation.repository, [], installation.now());
  const follow = follower(installation, options, repaired);
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

const followEveryMs = 1000;
const reconcileEveryMs = 3600_000;

interface Follower {
  (): Promise<boolean>;
  /** Whether main was reconciled at all. */
  began(): boolean;
}

async function repair(installation: Installation, watcher: UpWatcher): Promise<readonly Repaired[]> {
  const repaired = await watchPublished(installation);
  for (const file of repaired) watcher.repaired?.(file);
  return repaired;
}

/** What keeps it from that, such as a package that is still to be built again, keeps nobody from the rest. */
async function goOverToNextKey({ repository, now }: Installation, watcher: UpWatcher): Promise<void> {
  try {
    const keys = await rotateWhenDue(repository, now());
    if (keys) watcher.rotated?.(keys.signs.fingerprint);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    watcher.troubled?.(error);
  }
}

/** @param repaired what was damaged when it started */
function follower(
  installation: Installation,
  { once, watcher }: UpOptions,
  repaired: readonly Repaired[],
): Follower {
  const { git, revisions } = installation;
  let damaged = repaired;
  let reconciled: string | undefined;
  let looked = Number.NEGATIVE_INFINITY;
  let tidied = Number.NEGATIVE_INFINITY;

  async function follow(): Promise<boolean> {
    const now = performance.now();
    if (now < looked + followEveryMs) return true;
    looked = now;
    const isDue = now >= tidied + reconcileEveryMs;
    if (isDue) {
      if (tidied > 0) damaged = [...damaged, ...(await repair(installation, watcher))];
      tidied = now;
      await goOverToNextKey(installation, watcher);
      await tidy(installation);
    }
    const head = await resolveCommit(git, "HEAD");
    if (head === undefined || (head === reconciled && !isDue)) return true;
    try {
      const revision = await revisions.at(head);
      requireValidConfig(revision.workspace);
      requireSameRepository(installation, revision);
      await rebuildLost(installation, revision, damaged);
      damaged = [];
      const found = await reconcile(installation, revision);
      watcher.reconciled?.(head, found);
    } catch (error) {
      if (once || reconciled === undefined || !(error instanceof SluiceError)) throw error;
      watcher.troubled?.(error);
    }
    reconciled = head;
    return true;
  }
  return Object.assign(follow, { began: () => reconciled !== undefined });
}

/** Which repository is served and who signs it was decided at the start. */
function requireSameRepository({ settings }: Installation, { workspace: { config } }: Revision): void {
  if (config.BUILD_REPO === settings.BUILD_REPO && config.SIGNING_KEY === settings.SIGNING_KEY) return;
  throw new SluiceError("repository-changed", "BUILD_REPO or SIGNING_KEY changed in .ci/config", {
    hint: "Start `sluice up` again; until then the repository stays as it was.",
    facts: { path: ".ci/config" },
  });
}

/** Whether something is going to be tried again, here or by another builder; waits for it a little. */
async function retriesPending({ queue }: Installation): Promise<boolean> {
  const { builds } = await queue.state();
  const pending = builds.some(isPending);
  if (pending) await sleep(250);
  return pending;
}

const isPending = ({ status }: PendingBuild): boolean => status.kind !== "blocked";
