import { join } from "node:path";
import { openLog } from "../../../builder/log.ts";
import type { Build, Result } from "../../../queue/queue.ts";
import { logName } from "../../log-name.ts";
import type { Installation } from "../../installation.ts";
import { lookAtJob, resultOf } from "./look-at-job.ts";
import { publishRelease } from "../publishing/publish-release.ts";
import { releasePlace } from "../release-place.ts";
import { runJob } from "./run-job.ts";

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
  const found = await lookAtJob(installation, build);
  if (found.kind === "ended") return found.result;
  const name = String(build.id);
  if (found.kind === "to-run") return resultOf(await runJob(place, found, { name, log, signal }));
  const end = await publishRelease(place, found.release, process.env, { name, log });
  if (end.kind === "failed") return { outcome: "failed", message: end.message };
  return { outcome: end.kind === "published" ? "built" : "already-built" };
}
