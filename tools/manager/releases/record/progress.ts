import type { PlannedJob, PlannedRelease } from "../../../release/plan/release-plan.ts";
import type { JobRecord, PublicationRecord, ReleaseRecord } from "../../../release/record/record.ts";
import type { ArtifactStore } from "../jobs/artifact-store.ts";
import { publishJob } from "./release-key.ts";
import type { ReleaseAt } from "./release-at.ts";
import type { ReleaseRecords } from "./release-records.ts";

/** A release that is going to be made. */
export type OpenRelease = ReleaseAt & { readonly plan: PlannedRelease };

/**
 * How far a release is. Where its definition has changed since, its jobs begin anew: what is published was built and
 * tested by one definition. What can be seen already, and what is finished, stays.
 */
export function progressOf(records: ReleaseRecords, { key, digest, plan }: OpenRelease): ReleaseRecord {
  const record = records.read(key);
  if (record && (record.definition === digest || record.finishedAt !== null)) return record;
  const { ref, channel, version } = plan;
  const publications = record?.publications ?? {};
  return { ref, channel, version, definition: digest, jobs: {}, publications, finishedAt: null };
}

export function noteJob(records: ReleaseRecords, release: OpenRelease, key: string, job: JobRecord): void {
  const before = progressOf(records, release);
  records.write(release.key, { ...before, jobs: { ...before.jobs, [key]: job } });
}

export function notePublication(
  records: ReleaseRecords,
  release: OpenRelease,
  name: string,
  publication: PublicationRecord,
): void {
  const before = progressOf(records, release);
  records.write(release.key, { ...before, publications: { ...before.publications, [name]: publication } });
}

export function noteFinished(records: ReleaseRecords, release: OpenRelease, at: number): void {
  records.write(release.key, { ...progressOf(records, release), finishedAt: at });
}

/** Whether a job has done its part: it is green, and what it made is still there. */
export async function isDone(
  record: ReleaseRecord,
  { key }: Pick<PlannedJob, "key">,
  store: ArtifactStore,
): Promise<boolean> {
  const job = record.jobs[key];
  if (!job?.isGreen) return false;
  for (const file of Object.values(job.artifacts).flat()) if (!(await store.has(file))) return false;
  return true;
}

/** What publishing waits for: every job that gates, and whatever makes what is published. */
export function neededToPublish({ jobs }: PlannedRelease): readonly string[] {
  return jobs.filter(({ gate }) => gate).map(({ key }) => key);
}

/** Of what is left of a release: its jobs by key, and publishing. */
export async function leftOf(
  records: ReleaseRecords,
  release: OpenRelease,
  store: ArtifactStore,
): Promise<readonly string[]> {
  const record = progressOf(records, release);
  if (record.finishedAt !== null) return [];
  const left: string[] = [];
  for (const job of release.plan.jobs) if (!(await isDone(record, job, store))) left.push(job.key);
  return [...left, publishJob];
}
