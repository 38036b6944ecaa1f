import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { remove } from "../pkgrepo/remove.ts";
import type { Build, Claim, Result } from "../queue/queue.ts";
import { carryOut } from "./carry-out.ts";
import type { Installation } from "./installation.ts";
import { releaseSatisfied } from "./release.ts";
import type { Revision } from "./revision.ts";

/** Who wants to know what happens. */
export interface Watcher {
  started?(build: Build): void;
  finished?(build: Build, result: Result, seconds: number): void;
  removed?(pkgbase: string, pkgnames: readonly string[]): void;
}

export interface WorkOptions {
  readonly worker: string;
  /** Builds at a time. */
  readonly jobs: number;
  readonly readRevision: (commit: string) => Promise<Revision>;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
  /** Called again and again, also while builds are running. */
  readonly tick?: () => Promise<void>;
  /** Resolves true when this worker is to go on although there is nothing to do now. */
  readonly idle: () => Promise<boolean>;
}

/**
 * Takes builds from the queue and carries them out, removals before them, until `idle` says that it is enough or
 * `signal` ends it. A build that is under way then is handed back, to be started anew by whoever comes next.
 */
export async function work(installation: Installation, options: WorkOptions): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    while (!options.signal.aborted && failures.length === 0) {
      await options.tick?.();
      await carryOutRemovals(installation, options.watcher);
      await releaseSatisfied(installation, options.readRevision);
      const claim =
        running.size < options.jobs ? await installation.queue.claim(workerOf(options)) : undefined;
      if (claim) {
        const build: Promise<void> = carryOutClaim(installation, claim, options)
          .catch((error: unknown) => failures.push(error))
          .then(() => void running.delete(build));
        running.add(build);
      } else if (running.size > 0) {
        await Promise.race([...running, sleep(1000, undefined, { ref: false })]);
      } else if (!(await options.idle())) {
        return;
      }
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

const leaseMs = 30_000;

function workerOf({ worker }: WorkOptions): { worker: string; classes: "all"; leaseMs: number } {
  return { worker, classes: "all", leaseMs };
}

async function carryOutRemovals({ queue, repository, now }: Installation, watcher: Watcher): Promise<void> {
  const removals = await queue.removals();
  if (removals.length === 0) return;
  const removed = await remove(repository, removals, now());
  for (const { id } of removals) await queue.removed(id);
  for (const { pkgbase, pkgnames } of removed) watcher.removed?.(pkgbase, pkgnames);
}

async function carryOutClaim(installation: Installation, claim: Claim, options: WorkOptions): Promise<void> {
  const { queue } = installation;
  const { build } = claim;
  const stop = new AbortController();
  let gone = false;
  const beat = setInterval(() => void keepAlive(), leaseMs / 3);
  async function keepAlive(): Promise<void> {
    // Where the queue can't be reached, the lease decides.
    const answer = await queue.keepAlive(claim).catch(() => "kept" as const);
    gone = answer === "gone";
    if (answer !== "kept") stop.abort();
  }
  const started = performance.now();
  options.watcher.started?.(build);
  try {
    const signal = AbortSignal.any([stop.signal, options.signal]);
    const result = await resultOf(installation, build, options, signal);
    if (gone) return;
    await queue.finish(claim, result);
    options.watcher.finished?.(build, result, (performance.now() - started) / 1000);
  } finally {
    clearInterval(beat);
  }
}

/** What can't be published, or a machine that doesn't do its part, isn't the build's fault. */
async function resultOf(
  installation: Installation,
  build: Build,
  { readRevision, signal: stopped }: WorkOptions,
  signal: AbortSignal,
): Promise<Result> {
  try {
    const revision = await readRevision(build.commit);
    const result = await carryOut(installation, build, revision, signal);
    if (result.outcome === "cancelled" && stopped.aborted)
      return { outcome: "lost", message: "the builder was stopped" };
    return result;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { outcome: "lost", message: error.hint ? `${error.message} ${error.hint}` : error.message };
  }
}
