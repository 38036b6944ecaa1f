import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildLimits } from "../../builder/build.ts";
import type { BuildLog } from "../../builder/log.ts";
import { runProjectJob } from "../../builder/project-job.ts";
import { checkOutFolder } from "../../builder/recipe.ts";
import type { Unfinished } from "../../builder/stage.ts";
import type { ArtifactOf, PlannedJob } from "../../release/plan/release-plan.ts";
import type { StoredFile } from "../../publish/publisher.ts";
import type { ArtifactFile } from "../../release/record/record.ts";
import type { BuildingPlace } from "../installation.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { isDone, noteJob, progressOf, type OpenRelease } from "./progress.ts";
import { folderOf } from "./release-at.ts";
import type { ReleaseRecords } from "./release-records.ts";
import { checkOutSource, type Source } from "./source-checkout.ts";

/** What releases need of an installation. */
export interface ReleasePlace extends Pick<
  BuildingPlace,
  "git" | "sandbox" | "folders" | "resources" | "checkpoint"
> {
  readonly records: ReleaseRecords;
  readonly artifacts: ArtifactStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type JobEnd = { readonly kind: "green" } | { readonly kind: "already-green" } | Unfinished;

/**
 * Runs a job of a release, keeps what it made, and puts that on record. What is on record as green isn't run again.
 *
 * @param name of its working folder, which nobody else uses
 * @param seconds how long it may take
 * @throws SluiceError of the machine
 */
export async function runReleaseJob(
  place: ReleasePlace,
  release: OpenRelease,
  job: PlannedJob,
  { name, seconds, log, signal }: { name: string; seconds: number; log: BuildLog; signal: AbortSignal },
): Promise<JobEnd> {
  const { records, artifacts, folders, sandbox } = place;
  if (await isDone(progressOf(records, release), job, artifacts)) return { kind: "already-green" };
  const note = (isGreen: boolean, made: Record<string, readonly ArtifactFile[]>, message?: string): void =>
    noteJob(records, release, job.key, { isGreen, at: place.now(), message, artifacts: made });
  const impossible = whyImpossible(job);
  if (impossible !== undefined) {
    note(false, {}, impossible);
    return { kind: "failed", message: impossible };
  }
  const folder = await mkdtemp(join(folders.work, `${name}-`));
  if (sandbox.name === "host") await chmod(folder, 0o755);
  try {
    const source = await checkOutSource(place.git, folders.state, release.plan);
    const scripts = join(folder, "scripts");
    const into = join(folder, "made");
    const taken = join(folder, "artifacts");
    for (const each of [scripts, into, taken]) await mkdir(each);
    await checkOutFolder(place.git, release.commit, folderOf(job.script), scripts);
    await bringArtifacts(place, release, job, taken);
    const ended = await runProjectJob(
      {
        source: source.folder,
        scripts,
        script: job.script.slice(folderOf(job.script).length + 1),
        artifacts: taken,
        makes: job.makes,
        bundles: job.bundles,
        env: environment(release, job, source),
        network: job.network,
        into,
        seconds,
        limits: buildLimits(place.resources),
        signal,
      },
      sandbox,
      log,
    );
    if (ended.kind !== "made") {
      if (ended.kind === "failed" || ended.kind === "timed-out") note(false, {}, ended.message);
      return ended;
    }
    const made: Record<string, readonly ArtifactFile[]> = {};
    for (const [artifact, files] of ended.files) {
      const kept: ArtifactFile[] = [];
      for (const path of files) kept.push(await artifacts.take(join(into, artifact, path), path));
      made[artifact] = kept;
      for (const { path, sha256 } of kept) log.note(`${artifact}: ${path} ${sha256}`);
    }
    note(true, made);
    return { kind: "green" };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a definition may say and nothing here carries out. */
function whyImpossible({ on, image }: PlannedJob): string | undefined {
  if (on !== null && "machine" in on)
    return `it asks for the machine ${on.machine}, and machines aren't made yet`;
  if (image !== null) return `it asks for the image ${image}, and jobs aren't run in images of their own yet`;
  return undefined;
}

/** `NAME/…`, or `NAME/TARGET/…` for a job that takes those of several targets. */
async function bringArtifacts(
  place: ReleasePlace,
  release: OpenRelease,
  job: PlannedJob,
  into: string,
): Promise<void> {
  for (const taken of job.takes) {
    const parts =
      job.target === null && taken.target !== null ? [taken.artifact, taken.target] : [taken.artifact];
    for (const file of artifactFiles(place.records, release, taken)) {
      await place.artifacts.copy(file, join(into, ...parts, file.path));
    }
  }
}

/** The files of an artifact that is on record, made by this release or in a channel that its commit went through before. */
export function artifactFiles(
  records: ReleaseRecords,
  release: OpenRelease,
  { artifact, target }: ArtifactOf,
): readonly ArtifactFile[] {
  const before = records
    .ofProject(release.key.project)
    .filter(({ ref, channel }) => ref.commit === release.plan.ref.commit && channel !== release.key.channel);
  for (const record of [progressOf(records, release), ...before]) {
    for (const [key, job] of Object.entries(record.jobs)) {
      const of = key.includes("@") ? key.slice(key.indexOf("@") + 1) : null;
      const files = job.isGreen && of === target ? job.artifacts[artifact] : undefined;
      if (files) return files;
    }
  }
  return [];
}

/** The same, with where they lie here. */
export function storedFiles(
  place: ReleasePlace,
  release: OpenRelease,
  of: ArtifactOf,
): readonly StoredFile[] {
  return artifactFiles(place.records, release, of).map((file) => ({
    ...file,
    file: place.artifacts.pathOf(file.sha256),
  }));
}

/** What a script is told. Nothing of this process's own environment, and no secret, is among it. */
function environment(
  { definition, plan, key }: OpenRelease,
  { target, name, stage }: PlannedJob,
  { time }: Source,
): Readonly<Record<string, string>> {
  const fields = target === null ? {} : definition.targets.get(target);
  return {
    PROJECT: key.project,
    CHANNEL: key.channel,
    REF: key.ref,
    VERSION: plan.version ?? "",
    COMMIT: plan.ref.commit,
    STAGE: stage,
    JOB: name,
    TARGET: target ?? "",
    ...Object.fromEntries(
      Object.entries(fields ?? {}).map(([field, value]) => [`TARGET_${field.toUpperCase()}`, value]),
    ),
    SOURCE_DATE_EPOCH: time,
  };
}
