import { join } from "node:path";
import type { BuildLog } from "../../../builder/log.ts";
import type { Unfinished } from "../../../builder/stage.ts";
import type { PlannedJob } from "../../../release/plan/release-plan.ts";
import type { ArtifactFile } from "../../../release/record/record.ts";
import type { JobRequest } from "../../builder-protocol.ts";
import type { BuildingPlace } from "../../installation.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { isDone, noteJob, progressOf, type OpenRelease } from "../record/progress.ts";
import type { ReleaseRecords } from "../record/release-records.ts";
import { noEngine, runJobRequest } from "./run-request.ts";

/** What releases need of an installation. */
export interface ReleasePlace extends Pick<
  BuildingPlace,
  "git" | "sandbox" | "sandboxOf" | "folders" | "resources" | "checkpoint"
> {
  readonly records: ReleaseRecords;
  readonly artifacts: ArtifactStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type JobEnd = { readonly kind: "green" } | { readonly kind: "already-green" } | Unfinished;

/** How a job ended before it is run: what is on record as green isn't run again. */
export async function endedBefore(
  place: ReleasePlace,
  release: OpenRelease,
  job: PlannedJob,
): Promise<JobEnd | undefined> {
  const { records, artifacts } = place;
  if (await isDone(progressOf(records, release), job, artifacts)) return { kind: "already-green" };
  const impossible = whyImpossible(job, place);
  if (impossible === undefined) return undefined;
  noteFailure(place, release, job, impossible);
  return { kind: "failed", message: impossible };
}

/**
 * Runs a job of a release here, keeps what it made, and puts that on record.
 *
 * @param name of its working folder, which nobody else uses
 * @throws SluiceError of the machine
 */
export async function runJob(
  place: ReleasePlace,
  { release, job, request }: { release: OpenRelease; job: PlannedJob; request: JobRequest },
  { name, log, signal }: { name: string; log: BuildLog; signal: AbortSignal },
): Promise<JobEnd> {
  const { artifacts } = place;
  const bring = (file: ArtifactFile, to: string): Promise<void> => artifacts.copy(file, to);
  return runJobRequest(place, request, { name, bring, log, signal }, async (ended, into): Promise<JobEnd> => {
    if (ended.kind !== "made") {
      if (ended.kind === "failed" || ended.kind === "timed-out")
        noteFailure(place, release, job, ended.message);
      return ended;
    }
    const made: Record<string, readonly ArtifactFile[]> = {};
    for (const [artifact, files] of ended.files) {
      const kept: ArtifactFile[] = [];
      for (const path of files) kept.push(await artifacts.take(join(into, artifact, path), path));
      made[artifact] = kept;
    }
    noteGreen(place, release, job, made, log);
    return { kind: "green" };
  });
}

/** What the job made is in the store. */
export function noteGreen(
  { records, now }: ReleasePlace,
  release: OpenRelease,
  { key }: PlannedJob,
  artifacts: Readonly<Record<string, readonly ArtifactFile[]>>,
  log: BuildLog,
): void {
  for (const [artifact, files] of Object.entries(artifacts)) {
    for (const { path, sha256 } of files) log.note(`${artifact}: ${path} ${sha256}`);
  }
  noteJob(records, release, key, { isGreen: true, at: now(), artifacts });
}

export function noteFailure(
  { records, now }: ReleasePlace,
  release: OpenRelease,
  { key }: PlannedJob,
  message: string,
): void {
  noteJob(records, release, key, { isGreen: false, at: now(), message, artifacts: {} });
}

/** What a definition may say and nothing here carries out. Of a job of a class its builder says so. */
export function whyImpossible(
  { on, image }: PlannedJob,
  { sandboxOf }: Pick<ReleasePlace, "sandboxOf">,
): string | undefined {
  if (on !== null && "machine" in on)
    return `it asks for the machine ${on.machine}, and machines aren't made yet`;
  return image !== null && on === null && !sandboxOf ? noEngine(image) : undefined;
}
