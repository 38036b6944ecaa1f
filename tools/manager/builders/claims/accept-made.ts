import { join } from "node:path";
import type { BuildLog } from "../../../builder/log.ts";
import type { Build, Result } from "../../../queue/queue.ts";
import type { PlannedJob } from "../../../release/plan/release-plan.ts";
import type { ArtifactFile } from "../../../release/record/record.ts";
import type { MadeFiles } from "../../builder-protocol.ts";
import type { Installation } from "../../installation.ts";
import { lookAtJob, type FoundJob } from "../../releases/jobs/look-at-job.ts";
import { releasePlace } from "../../releases/release-place.ts";
import { noteFailure, noteGreen } from "../../releases/jobs/run-job.ts";
import { refused, type Announced, type Landing } from "../landing.ts";

/** What is sent of what a job made: each file once, under its digest. */
export function filesOf(made: MadeFiles): readonly Announced[] {
  const sizes = new Map(made.map(({ sha256, bytes }) => [sha256, bytes]));
  return [...sizes].map(([sha256, size]) => ({ name: sha256, size, sha256 }));
}

/** @throws SluiceError `arrival-refused` where that isn't what the job was to make */
export function requireMade({ key, makes, bundles }: PlannedJob, made: MadeFiles): void {
  const wanted = new Set([...makes, ...bundles].map(({ artifact }) => artifact));
  const foreign = made.find(({ artifact }) => !wanted.has(artifact));
  if (foreign) throw refused(`${key} makes no artifact ${foreign.artifact}`);
  const brought = new Set(made.map(({ artifact }) => artifact));
  const missing = [...wanted].find((artifact) => !brought.has(artifact));
  if (missing !== undefined) throw refused(`${key} was to make ${missing}, and nothing of it was brought`);
  const paths = new Set(made.map(({ artifact, path }) => `${artifact}/${path}`));
  if (paths.size < made.length) throw refused("a file is announced twice");
}

/**
 * Takes what a builder elsewhere made from the landing zone into the store, where it is what was announced, and puts
 * the job on record.
 *
 * @throws SluiceError `arrival-refused`
 */
export async function acceptMade(
  installation: Installation,
  { release, job }: Extract<FoundJob, { kind: "to-run" }>,
  { landing, arrived, made }: { landing: Landing; arrived: string; made: MadeFiles },
  log: BuildLog,
): Promise<Result> {
  requireMade(job, made);
  const place = releasePlace(installation);
  const files = filesOf(made);
  await landing.requireComplete(arrived, files);
  for (const { name } of files) await place.artifacts.keep(join(arrived, name));
  const artifacts: Record<string, ArtifactFile[]> = {};
  for (const { artifact, ...file } of made) (artifacts[artifact] ??= []).push(file);
  noteGreen(place, release, job, artifacts, log);
  return { outcome: "built" };
}

/** A job that failed elsewhere is on record as one that failed here. */
export async function noteEnded(
  installation: Installation,
  build: Build,
  { outcome, message = "" }: Result,
): Promise<void> {
  if (outcome !== "failed" && outcome !== "timed-out") return;
  const found = await lookAtJob(installation, build);
  if (found.kind === "to-run") noteFailure(releasePlace(installation), found.release, found.job, message);
}
