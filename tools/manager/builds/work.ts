import { setTimeout as sleep } from "node:timers/promises";
import { inOneLine, SluiceError } from "../../errors.ts";
import type { Build, Claim, Result } from "../../queue/queue.ts";
import { handleReleaseJob } from "../releases/jobs/handle-release-job.ts";
import { classesHere } from "../releases/jobs/job-class.ts";
import { releaseArch, releaseOf } from "../releases/record/release-key.ts";
import { handleBuild } from "./handle-build.ts";
import { dropFinished } from "./finished.ts";
import { installationOf, type Installation, type Installations } from "../installation.ts";
import { explainSystemError, needsPerson } from "../machine.ts";
import { releaseSatisfied } from "./release.ts";
import { remover } from "../reconcile/removals.ts";

/** Who wants to know what happens. */
export interface Watcher {
  started?(build: Build): void;
  finished?(build: Build, result: Result, seconds: number): void;
  removed?(pkgbase: string, pkgnames: readonly string[]): void;
}

export interface WorkOptions {
  readonly worker: string;
  /** Builds at a time; 0: none but the jobs of releases, one after the other. */
  readonly jobs: number;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
  /** The builds that it takes, by id, asked before each; default: any. */
  readonly only?: () => readonly number[];
  /** The architectures that it builds for; default: any. */
  readonly archs?: readonly string[] | undefined;
  /** Called again and again, also while builds are running. Resolves false when no further build is to be begun. */
  readonly tick: () => Promise<boolean>;
  /** Resolves true when this worker is to go on although there is nothing to do now. */
  readonly idle: () => Promise<boolean>;
}

/**
 * Takes builds from the queue and carries them out, removals before them, until `tick` or `idle` say that it is
 * enough or `signal` ends it. A build that is under way then is handed back, to be started again by another builder
 * next.
 *
 * @throws SluiceError for a fault of the machine that a person must fix; builds that were begun are handed back
 */
export async function work(installations: Installations, options: WorkOptions): Promise<void> {
  const { queue } = installations[0];
  const running = new Set<Promise<void>>();
  const trouble = new AbortController();
  const signal = AbortSignal.any([options.signal, trouble.signal]);
  const releases = releaser(installations);
  let releasesNext = false;
  const removers = installations.map((one) => remover(one, options.watcher.removed));
  try {
    while (!signal.aborted) {
      const goOn = await options.tick();
      for (const applyRemovals of removers) await applyRemovals();
      const claim = goOn && running.size < Math.max(options.jobs, 1) ? await nextClaim() : undefined;
      if (claim) {
        const build: Promise<void> = carryOutClaim(
          installationOf(installations, claim.build) ?? installations[0],
          claim,
          options.watcher,
          signal,
        )
          .catch((error: unknown) => trouble.abort(error))
          .then(() => void running.delete(build));
        running.add(build);
      } else if (running.size > 0) {
        await Promise.race([...running, sleep(1000, undefined, { ref: false })]);
      } else if (!goOn) {
        return;
      } else if (!(await releases.ifDue()) && !(await options.idle()) && !(await releases.now())) {
        return;
      }
    }
  } catch (error) {
    trouble.abort(error);
    throw error;
  } finally {
    await Promise.all(running);
  }
  if (trouble.signal.aborted) throw trouble.signal.reason;

  /** Packages and the jobs of releases in turn: they differ in whose classes count. */
  async function claimOne(): Promise<Claim | undefined> {
    const { only, jobs } = options;
    const builds = only && { builds: only() };
    const shared = { worker: options.worker, leaseMs, ...builds };
    const archs = options.archs ?? [...new Set(installations.map(({ arch }) => arch))];
    const packages = { ...shared, classes: "all", archs } as const;
    // Where others build, what names no class is still run here: artifacts and keys are here.
    const ofReleases = { ...shared, classes: jobs === 0 ? [] : classesHere(), archs: [releaseArch] };
    const both = releasesNext ? [ofReleases, packages] : [packages, ofReleases];
    for (const wanted of jobs === 0 ? [ofReleases] : both) {
      const claim = await queue.claim(wanted);
      if (!claim) continue;
      releasesNext = wanted === packages;
      return claim;
    }
    return undefined;
  }

  async function nextClaim(): Promise<Claim | undefined> {
    const claim = await claimOne();
    if (claim) return claim;
    return (await releases.ifDue()) ? claimOne() : undefined;
  }
}

/** Long enough for a machine under load, short enough after a crash. */
const leaseMs = 15_000;

/**
 * Looking for blocked builds that may go on reads the whole queue, however long it is. So it takes a twentieth of
 * the time at most, unless there is nothing else to do.
 */
function releaser(installations: Installations): {
  ifDue(): Promise<boolean>;
  now(): Promise<boolean>;
} {
  let due = 0;
  async function now(): Promise<boolean> {
    const start = performance.now();
    let released = 0;
    for (const installation of installations) released += await releaseSatisfied(installation);
    const end = performance.now();
    due = end + Math.max(1000, 20 * (end - start));
    return released > 0;
  }
  return { now, ifDue: async () => performance.now() >= due && now() };
}

async function carryOutClaim(
  installation: Installation,
  claim: Claim,
  watcher: Watcher,
  stopped: AbortSignal,
): Promise<void> {
  const { queue, folders, checkpoint } = installation;
  const { build } = claim;
  const stop = new AbortController();
  const started = performance.now();
  const beat = setInterval(() => void keepAlive(), leaseMs / 3);
  async function keepAlive(): Promise<void> {
    // Where the queue can't be reached, the lease decides.
    const answer = await queue.keepAlive(claim).catch(() => "kept" as const);
    if (answer !== "kept") stop.abort();
  }
  watcher.started?.(build);
  try {
    const signal = AbortSignal.any([stop.signal, stopped]);
    const { result, trouble } = await resultOf(installation, build, signal, stopped);
    const mine = (await queue.finish(claim, result)) === "finished";
    // What was built waits for the next try until it is published.
    if (mine && result.outcome !== "lost") await dropFinished(folders.finished, build.pkgbase, checkpoint);
    const told: Result = mine ? result : { outcome: "lost", message: "another builder has taken it over" };
    watcher.finished?.(build, told, (performance.now() - started) / 1000);
    if (trouble !== undefined) throw trouble;
  } finally {
    clearInterval(beat);
  }
}

/**
 * A fault of the machine isn't the build's fault: it is handed back. What a retry won't fix is
 * `trouble`.
 */
async function resultOf(
  installation: Installation,
  build: Build,
  signal: AbortSignal,
  stopped: AbortSignal,
): Promise<{ result: Result; trouble?: unknown }> {
  try {
    const handle = releaseOf(build) ? handleReleaseJob : handleBuild;
    const result = await handle(installation, build, signal);
    if (result.outcome !== "cancelled" || !stopped.aborted) return { result };
    return { result: { outcome: "lost", message: "the builder was stopped" } };
  } catch (cause) {
    const error = explainSystemError(cause, installation.folders.state);
    if (!(error instanceof SluiceError)) {
      return { result: { outcome: "lost", message: String(error) }, trouble: error };
    }
    const message = inOneLine(error);
    return { result: { outcome: "lost", message }, ...(needsPerson(error) && { trouble: error }) };
  }
}
