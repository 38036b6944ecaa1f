import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildLog } from "../../builder/log.ts";
import type { PlannedJob } from "../../release/plan/release-plan.ts";
import { whyNotHere } from "./jobs/job-class.ts";
import { jobRequestOf } from "./jobs/job-request.ts";
import { neededToPublish, type OpenRelease } from "./record/progress.ts";
import { publishRelease } from "./publishing/publish-release.ts";
import { publishJob } from "./record/release-key.ts";
import { endedBefore, runJob, type ReleasePlace } from "./jobs/run-job.ts";

/** How a job ended, or publishing. */
export interface Ended {
  readonly job: string;
  readonly kind: "done" | "done-before" | "failed" | "blocked";
  readonly message?: string;
}

interface RunOptions {
  /** How long each job may take. */
  readonly seconds: number;
  readonly secrets: Readonly<Record<string, string | undefined>>;
  readonly openLog: (job: string) => BuildLog;
  readonly started: (job: string) => void;
  readonly ended: (end: Ended) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a release here and now, one job after the other. A job that fails stops what needs it, and nothing else. Only
 * one process may do so at a time.
 *
 * @throws SluiceError of the machine
 */
export async function runRelease(
  place: ReleasePlace,
  release: OpenRelease,
  options: RunOptions,
): Promise<readonly Ended[]> {
  const { plan } = release;
  const work = join(place.folders.state, "releases", "work");
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const here = { ...place, folders: { ...place.folders, work } };
  const ends = new Map<string, Ended>();
  const whyBlocked = (needs: readonly string[]): string | undefined =>
    needs.find((need) => ["failed", "blocked"].includes(ends.get(need)?.kind ?? ""));
  for (const job of plan.jobs) {
    if (options.signal.aborted) break;
    await step(job.key, job.needs, (log) => runOne(job, log));
  }
  if (!options.signal.aborted) await step(publishJob, neededToPublish(plan), publishAll);
  return [...ends.values()];

  async function step(
    key: string,
    needs: readonly string[],
    carryOut: (log: BuildLog) => Promise<Omit<Ended, "job">>,
  ): Promise<void> {
    const by = whyBlocked(needs);
    if (by !== undefined) return note({ job: key, kind: "blocked", message: `by ${by}` });
    options.started(key);
    const log = options.openLog(key);
    try {
      note({ job: key, ...(await carryOut(log)) });
    } finally {
      log.close();
    }
  }

  function note(end: Ended): void {
    ends.set(end.job, end);
    options.ended(end);
  }

  async function runOne(job: PlannedJob, log: BuildLog): Promise<Omit<Ended, "job">> {
    const { seconds, signal } = options;
    const elsewhere = whyNotHere(job);
    const before = await endedBefore(here, release, job);
    if (!before && elsewhere !== undefined) return { kind: "failed", message: elsewhere };
    const request = jobRequestOf(here.records, release, job, seconds);
    const end = before ?? (await runJob(here, { release, job, request }, { name: job.key, log, signal }));
    if (end.kind === "green") return { kind: "done" };
    if (end.kind === "already-green") return { kind: "done-before" };
    return { kind: "failed", message: end.message };
  }

  async function publishAll(log: BuildLog): Promise<Omit<Ended, "job">> {
    const end = await publishRelease(here, release, options.secrets, { name: publishJob, log });
    if (end.kind === "failed") return end;
    return { kind: end.kind === "published" ? "done" : "done-before" };
  }
}
