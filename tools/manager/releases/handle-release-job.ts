import { join } from "node:path";
import { openLog } from "../../builder/log.ts";
import { SluiceError } from "../../errors.ts";
import type { Build, Result } from "../../queue/queue.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { requireProject } from "../../workspace/releases/required.ts";
import { logName } from "../log-name.ts";
import type { Installation } from "../installation.ts";
import type { OpenRelease } from "./progress.ts";
import { publishRelease } from "./publish-release.ts";
import { releaseAt } from "./release-at.ts";
import { publishJob, releaseOf } from "./release-key.ts";
import { releasePlace } from "./release-place.ts";
import { runReleaseJob } from "./run-job.ts";

/**
 * Carries out one claimed build that is a job of a release, or its publishing, as the lock of the commit says it that
 * it was scheduled for.
 *
 * @throws SluiceError where this machine, not the job, is at fault
 */
export async function handleReleaseJob(
  installation: Installation,
  build: Build,
  signal: AbortSignal,
): Promise<Result> {
  const log = openLog(join(installation.folders.logs, logName(build)));
  try {
    const result = await carryOut(installation, build, signal, log);
    log.note(`${result.outcome}${result.message === undefined ? "" : `: ${result.message}`}`);
    return result;
  } finally {
    log.close();
  }
}

async function carryOut(
  installation: Installation,
  build: Build,
  signal: AbortSignal,
  log: ReturnType<typeof openLog>,
): Promise<Result> {
  const place = releasePlace(installation);
  const release = await read(installation, build);
  if ("outcome" in release) return release;
  if (build.pkgbase === publishJob) {
    const end = await publishRelease(place, release, process.env, { name: String(build.id), log });
    if (end.kind === "failed") return { outcome: "failed", message: end.message };
    return { outcome: end.kind === "published" ? "built" : "already-built" };
  }
  const job = release.plan.jobs.find(({ key }) => key === build.pkgbase);
  if (!job)
    return { outcome: "failed", message: `there is no job ${build.pkgbase} in ${release.key.project}` };
  const { config } = (await installation.revisions.at(build.commit)).workspace;
  const end = await runReleaseJob(place, release, job, {
    name: String(build.id),
    seconds: config.BUILDER_TIMEOUT,
    log,
    signal,
  });
  if (end.kind === "green") return { outcome: "built" };
  if (end.kind === "already-green") return { outcome: "already-built", message: "it is green already" };
  const { kind, message, reason } = end;
  return { outcome: kind, message, ...(reason === "download" && { retry: reason }) };
}

async function read(installation: Installation, build: Build): Promise<OpenRelease | Result> {
  const { project, channel } = releaseOf(build)!;
  try {
    const projects = await readCommitProjects(installation.git, build.commit);
    const found = await releaseAt(
      installation.git,
      build.commit,
      requireProject(projects, project),
      releasePlace(installation).records,
      { channel, now: build.queuedAt },
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
