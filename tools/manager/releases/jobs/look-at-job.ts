import { SluiceError } from "../../../errors.ts";
import type { Build, Result } from "../../../queue/queue.ts";
import type { PlannedJob } from "../../../release/plan/release-plan.ts";
import { readCommitProjects } from "../../../workspace/releases/commit-releases.ts";
import { requireProject } from "../../../workspace/releases/required.ts";
import type { JobRequest } from "../../builder-protocol.ts";
import type { Installation } from "../../installation.ts";
import { jobRequestOf } from "./job-request.ts";
import type { OpenRelease } from "../record/progress.ts";
import { releaseAt } from "../record/release-at.ts";
import { checksSource, publishJob, releaseOf } from "../record/release-key.ts";
import { releasePlace } from "../release-place.ts";
import { endedBefore, noteFailure, type JobEnd } from "./run-job.ts";

/** What a claimed build of a release is, as the lock of the commit says it that it was scheduled for. */
export type FoundJob =
  | { readonly kind: "ended"; readonly result: Result }
  | { readonly kind: "to-publish"; readonly release: OpenRelease }
  | {
      readonly kind: "to-run";
      readonly release: OpenRelease;
      readonly job: PlannedJob;
      readonly request: JobRequest;
    };

export async function lookAtJob(installation: Installation, build: Build): Promise<FoundJob> {
  const release = await openRelease(installation, build);
  if ("outcome" in release) return { kind: "ended", result: release };
  if (build.pkgbase === publishJob) return { kind: "to-publish", release };
  const place = releasePlace(installation);
  const job = release.plan.jobs.find(({ key }) => key === build.pkgbase);
  if (!job) return failed(`there is no job ${build.pkgbase} in ${release.key.project}`);
  const before = await endedBefore(place, release, job);
  if (before) return { kind: "ended", result: resultOf(before) };
  const { config } = (await installation.revisions.at(build.commit)).workspace;
  const request = jobRequestOf(place.records, release, job, config.BUILDER_TIMEOUT);
  for (const file of request.takes) {
    if (await place.artifacts.has(file)) continue;
    const gone = `${file.path}, which an earlier channel made, isn't kept any more; release that one again`;
    noteFailure(place, release, job, gone);
    return failed(gone);
  }
  return { kind: "to-run", release, job, request };
}

export function resultOf(end: JobEnd): Result {
  if (end.kind === "green") return { outcome: "built" };
  if (end.kind === "already-green") return { outcome: "already-built", message: "it is green already" };
  const { kind, message, reason } = end;
  return { outcome: kind, message, ...(reason === "download" && { retry: reason }) };
}

function failed(message: string): FoundJob {
  return { kind: "ended", result: { outcome: "failed", message } };
}

async function openRelease(installation: Installation, build: Build): Promise<OpenRelease | Result> {
  const key = releaseOf(build)!;
  const { project, channel } = key;
  const { records } = releasePlace(installation);
  try {
    const projects = await readCommitProjects(installation.git, build.commit);
    // What is only checked has no lock; it was put on record when it was scheduled.
    const checked = build.source === checksSource(project) ? records.read(key)?.ref : undefined;
    const found = await releaseAt(
      installation.git,
      build.commit,
      requireProject(projects, project),
      records,
      {
        channel,
        ...(checked && { ref: checked }),
        now: build.queuedAt,
      },
    );
    if (!found) return { outcome: "failed", message: `${project} has no ${channel}.lock any more` };
    const { plan } = found;
    if (plan.kind === "release") return { ...found, plan };
    return { outcome: "failed", message: plan.reasons.join("; ") };
  } catch (error) {
    if (error instanceof SluiceError && ["unknown-project", "release-definition"].includes(error.code)) {
      return { outcome: "failed", message: error.message };
    }
    throw error;
  }
}
