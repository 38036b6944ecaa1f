import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { BuildLog } from "../../builder/log.ts";
import { keptNamcap } from "../../builder/namcap.ts";
import { inOneLine, SluiceError } from "../../errors.ts";
import { sha256Of } from "../../system/digest.ts";
import { dropFinished, type FinishedPackages } from "../builds/finished.ts";
import { runBuild, type Unbuilt } from "../builds/run-build.ts";
import { explainSystemError } from "../machine.ts";
import type { Announcement, JobClaim, PackageClaim, RemoteClaim } from "../builder-protocol.ts";
import type { BuildingPlace } from "../installation.ts";
import { bring } from "./bring.ts";
import { resultOf, withClaimLog, type BuildSignals } from "./claim-log.ts";
import { runJobClaim, type JobWorkshop } from "./job-claim.ts";
import type { ManagerClient } from "./manager-client.ts";
import { patiently } from "./patiently.ts";
import type { PublishedPackages } from "./published-packages.ts";
import type { WorkspaceClone } from "./workspace-clone.ts";

/** What builds of one workspace for one repository need. */
export interface Workshop {
  readonly clone: WorkspaceClone;
  readonly place: BuildingPlace;
  readonly published: PublishedPackages;
}

/** Both are opened when the first claim needs them. */
export interface Workshops {
  forPackage(claim: PackageClaim): Promise<Workshop>;
  forJob(claim: JobClaim): Promise<JobWorkshop>;
}

/**
 * Builds what was claimed, brings what came out to the manager and says how it ended.
 *
 * @returns what the manager made of it, for people
 */
export async function buildClaim(
  manager: ManagerClient,
  workshops: Workshops,
  claim: RemoteClaim,
  signals: BuildSignals,
): Promise<string> {
  try {
    return claim.kind === "job"
      ? await runJobClaim(await workshops.forJob(claim), manager, claim, signals)
      : await buildIn(await workshops.forPackage(claim), manager, claim, signals);
  } catch (error) {
    if (signals.gone.aborted) return "gone";
    if (!(error instanceof SluiceError)) throw error;
    if (error.code === "gone") return "gone";
    const lost = { outcome: "lost", message: inOneLine(error).slice(0, 4000) } as const;
    return await manager.finish(claim, lost, signals.gone);
  }
}

async function buildIn(
  workshop: Workshop,
  manager: ManagerClient,
  claim: PackageClaim,
  signals: BuildSignals,
): Promise<string> {
  const { place } = workshop;
  const { gone, cancelled, handBack } = signals;
  try {
    return await withClaimLog(manager, place.folders.logs, claim, gone, async (log, path, sendLog) => {
      const made = await build(workshop, claim, AbortSignal.any([cancelled, gone, handBack]), log);
      await sendLog();
      if (gone.aborted) return "gone";
      if ("outcome" in made) return await manager.finish(claim, resultOf(made, signals), gone);
      const packages = await announcementOf(made);
      const files = packages.files.map((file, index) => ({ ...file, path: made.files[index]! }));
      const done = { message: packages.version, packages, namcap: await keptNamcap(path) };
      return await bring(manager, claim, { announced: packages, files, done }, gone);
    });
  } finally {
    await dropFinished(place.folders.finished, claim.pkgbase);
  }
}

/** A fault of this machine isn't the build's. */
async function build(
  { clone, place, published }: Workshop,
  { build: id, pkgbase, commit, bump }: PackageClaim,
  signal: AbortSignal,
  log: BuildLog,
): Promise<FinishedPackages | Unbuilt> {
  try {
    await patiently(() => clone.fetch(commit), signal);
    const revision = await place.revisions.at(commit);
    const pkg = revision.workspace.packages.get(pkgbase);
    const identity = revision.identity(pkgbase);
    if (!pkg || !identity) {
      return {
        outcome: "failed",
        message: `there is no package ${pkgbase} in commit ${commit.slice(0, 10)}`,
      };
    }
    const available = await patiently(() => published.read(), signal);
    const config = { ...pkg.config, CI_PACKAGE_BUMP: bump ?? "" };
    const asAsked = { pkg: { ...pkg, config }, identity: { ...identity, bump } };
    const inputs = { revision, ...asAsked, published: undefined, available, signal };
    return await runBuild(place, { id, pkgbase, commit }, inputs, log);
  } catch (cause) {
    const error = explainSystemError(cause, place.folders.state);
    const message = error instanceof SluiceError ? inOneLine(error) : String(error);
    return { outcome: "lost", message: message.slice(0, 4000) };
  }
}

async function announcementOf({
  files,
  pkgnames,
  version,
  madeFrom,
}: FinishedPackages): Promise<Announcement> {
  const announced = [];
  for (const path of files) {
    announced.push({ name: basename(path), size: (await stat(path)).size, sha256: await sha256Of(path) });
  }
  return { pkgnames: [...pkgnames], version, vcs: { ...madeFrom.vcs }, files: announced };
}
