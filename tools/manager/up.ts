import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { resolveCommit } from "../git/history.ts";
import { publish } from "../pkgrepo/publish.ts";
import { sweep } from "../pkgrepo/sweep.ts";
import { requireValidConfig } from "../workspace/workspace.ts";
import type { Installation } from "./installation.ts";
import type { Difference } from "./reconcile.ts";
import type { Revision } from "./revision.ts";
import { reconcile } from "./submit.ts";
import { work, type Watcher } from "./work.ts";

export interface UpWatcher extends Watcher {
  /** What main says and the package repository doesn't have. */
  reconciled?(commit: string, difference: Difference): void;
  /** A commit can't be reconciled; the one before stays in force. */
  troubled?(error: SluiceError): void;
}

/**
 * Keeps the package repository as main says: builds the difference, then again after each new commit.
 *
 * @param once end when all is published or nothing more can be done
 */
export async function up(
  installation: Installation,
  options: {
    worker: string;
    jobs: number;
    once: boolean;
    readRevision: (commit: string) => Promise<Revision>;
    watcher: UpWatcher;
    signal: AbortSignal;
  },
): Promise<void> {
  const { git, repository, now } = installation;
  await publish(repository, [], now());
  await sweep(repository, now());
  let reconciled: string | undefined;

  async function followMain(): Promise<void> {
    const head = await resolveCommit(git, "HEAD");
    if (head === undefined || head === reconciled) return;
    try {
      const revision = await options.readRevision(head);
      requireValidConfig(revision.workspace);
      const found = await reconcile(installation, revision, options.readRevision);
      options.watcher.reconciled?.(head, found);
    } catch (error) {
      if (options.once || reconciled === undefined || !(error instanceof SluiceError)) throw error;
      options.watcher.troubled?.(error);
    }
    reconciled = head;
  }

  await work(installation, {
    ...options,
    tick: followMain,
    idle: async () => {
      if (options.once) return retriesPending(installation);
      await sleep(1000, undefined, { signal: options.signal }).catch(() => undefined);
      return true;
    },
  });
}

/** Whether something is going to be tried again, here or by another builder; waits for it a little. */
async function retriesPending({ queue }: Installation): Promise<boolean> {
  const { builds } = await queue.state();
  const pending = builds.some(({ status }) => status.kind !== "blocked");
  if (pending) await sleep(500);
  return pending;
}
