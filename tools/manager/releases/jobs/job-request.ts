import type { StoredFile } from "../../../publish/publisher.ts";
import { channelsBefore } from "../../../release/definition/channel-lines.ts";
import type { ArtifactOf, PlannedJob } from "../../../release/plan/release-plan.ts";
import type { ArtifactFile } from "../../../release/record/record.ts";
import type { JobRequest } from "../../builder-protocol.ts";
import { progressOf, type OpenRelease } from "../record/progress.ts";
import type { ReleaseRecords } from "../record/release-records.ts";
import type { ReleasePlace } from "./run-job.ts";

/** All that running a job takes, as plain data: it may be run here or elsewhere. */
export function jobRequestOf(
  records: ReleaseRecords,
  release: OpenRelease,
  job: PlannedJob,
  seconds: number,
): JobRequest {
  const { project, source, ref } = release.plan;
  return {
    project,
    source,
    ref,
    commit: release.commit,
    script: job.script,
    env: environment(release, job),
    network: job.network,
    image: job.image,
    cache: job.cache && { key: job.key, paths: [...job.cache.paths], keep: job.cache.keep },
    makes: job.makes.map(({ artifact, path }) => ({ artifact, path })),
    bundles: job.bundles.map(({ artifact, of, libraries }) => ({ artifact, of, libraries })),
    takes: takenFiles(records, release, job),
    seconds,
  };
}

/** `NAME/…`, or `NAME/TARGET/…` for a job that takes those of several targets. */
function takenFiles(
  records: ReleaseRecords,
  release: OpenRelease,
  { target, takes }: PlannedJob,
): JobRequest["takes"] {
  return takes.flatMap((taken) => {
    const parts =
      target === null && taken.target !== null ? [taken.artifact, taken.target] : [taken.artifact];
    return artifactFiles(records, release, taken).map((file) => ({
      ...file,
      path: [...parts, file.path].join("/"),
    }));
  });
}

/** The files of an artifact that is on record, made by this release or in a channel that `after` says its commit went through. */
export function artifactFiles(
  records: ReleaseRecords,
  release: OpenRelease,
  { artifact, target }: ArtifactOf,
): readonly ArtifactFile[] {
  const { project, channel } = release.key;
  const ofCommit = records.ofProject(project).filter(({ ref }) => ref.commit === release.plan.ref.commit);
  const before = channelsBefore(release.definition, channel).flatMap((earlier) =>
    ofCommit.filter((record) => record.channel === earlier),
  );
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
  };
}
