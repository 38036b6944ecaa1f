import { chmod, lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildLog } from "../../builder/log.ts";
import type { ProjectJobResult } from "../../builder/project-job.ts";
import { inOneLine, SluiceError } from "../../errors.ts";
import type { ArtifactFile } from "../../release/record/record.ts";
import { sha256Of } from "../../system/digest.ts";
import type { FinishRequest, JobClaim, MadeFiles } from "../builder-protocol.ts";
import { requireGitAddress } from "../git-address.ts";
import { explainSystemError } from "../machine.ts";
import { runJobRequest, type JobPlace } from "../releases/jobs/run-request.ts";
import { bring } from "./bring.ts";
import { resultOf, withClaimLog, type BuildSignals } from "./claim-log.ts";
import { isTemporary } from "./manager-answers.ts";
import type { ManagerClient } from "./manager-client.ts";
import { patiently } from "./patiently.ts";
import type { WorkspaceClone } from "./workspace-clone.ts";

/** What jobs of releases of one workspace need. */
export interface JobWorkshop {
  readonly clone: WorkspaceClone;
  readonly place: JobPlace;
}

/**
 * Runs a job of a release that was claimed: the project's source and the scripts by Git, what earlier jobs made by its
 * digest from the manager. What it makes is brought there.
 *
 * @returns what the manager made of it, for people
 */
export async function runJobClaim(
  { clone, place }: JobWorkshop,
  manager: ManagerClient,
  claim: JobClaim,
  signals: BuildSignals,
): Promise<string> {
  const { gone, cancelled, handBack } = signals;
  const signal = AbortSignal.any([cancelled, gone, handBack]);
  const { job } = claim;
  return withClaimLog(manager, place.folders.logs, claim, gone, async (log, _path, sendLog) => {
    const bringHere = (file: ArtifactFile, to: string): Promise<void> =>
      patiently(() => download(manager, claim, file, to, signal), signal);
    const options = { name: String(claim.build), bring: bringHere, log, signal };
    const end = async (result: FinishRequest): Promise<string> => {
      await sendLog();
      return gone.aborted ? "gone" : manager.finish(claim, result, gone);
    };
    const take = async (ended: ProjectJobResult, into: string): Promise<string> => {
      if (ended.kind !== "made") return end(resultOf({ outcome: ended.kind, ...ended }, signals));
      await sendLog();
      if (gone.aborted) return "gone";
      return await bringMade(manager, claim, ended.files, into, log, gone);
    };
    try {
      requireGitAddress(job.source);
      await patiently(() => clone.fetch(job.commit), signal);
      return await runJobRequest(place, job, options, take);
    } catch (cause) {
      const error = explainSystemError(cause, place.folders.state);
      if (!(error instanceof SluiceError) || error.code === "gone" || isTemporary(error)) throw error;
      return end({ outcome: "lost", message: inOneLine(error).slice(0, 4000) });
    }
  });
}

/**
 * Goes on where it ended.
 *
 * @throws SluiceError `artifact-damaged`, `manager-away`
 */
async function download(
  manager: ManagerClient,
  claim: JobClaim,
  { sha256, bytes, path, isExecutable }: ArtifactFile,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const at = (await stat(to).catch(() => undefined))?.size ?? 0;
  if (at < bytes || bytes === 0) await manager.download(claim, { sha256, path: to, at }, signal);
  if ((await sha256Of(to)) !== sha256) {
    throw new SluiceError("artifact-damaged", `${path} didn't arrive as ${sha256}`, { exitCode: 1 });
  }
  await chmod(to, isExecutable ? 0o755 : 0o644);
}

async function bringMade(
  manager: ManagerClient,
  claim: JobClaim,
  files: ReadonlyMap<string, readonly string[]>,
  into: string,
  log: BuildLog,
  gone: AbortSignal,
): Promise<string> {
  const made: MadeFiles[number][] = [];
  const sent = new Map<string, { name: string; size: number; path: string }>();
  for (const [artifact, paths] of files) {
    for (const path of paths) {
      const file = join(into, artifact, path);
      const [{ size, mode }, sha256] = [await lstat(file), await sha256Of(file)];
      made.push({ artifact, path, bytes: size, sha256, isExecutable: (mode & 0o100) !== 0 });
      sent.set(sha256, { name: sha256, size, path: file });
    }
  }
  log.note(`${sent.size} ${sent.size === 1 ? "file goes" : "files go"} to the manager.`);
  const done = { message: "", artifacts: made };
  return bring(manager, claim, { announced: made, files: [...sent.values()], done }, gone);
}
