import { rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { namcapOf, openLog, timesOf, type BuildLog } from "../../builder/log.ts";
import { keptNamcap } from "../../builder/namcap.ts";
import { inOneLine, SluiceError } from "../../errors.ts";
import { sha256Of } from "../../system/digest.ts";
import { dropFinished, type FinishedPackages } from "../builds/finished.ts";
import { runBuild, type Unbuilt } from "../builds/run-build.ts";
import { explainSystemError } from "../machine.ts";
import type { Announcement, FinishRequest, RemoteClaim } from "../builder-protocol.ts";
import type { BuildingPlace } from "../installation.ts";
import { streamLog } from "./log-stream.ts";
import { isTemporary, type ManagerClient } from "./manager-client.ts";
import type { PublishedPackages } from "./published-packages.ts";
import type { WorkspaceClone } from "./workspace-clone.ts";

/** What builds of one workspace for one repository need. */
export interface Workshop {
  readonly clone: WorkspaceClone;
  readonly place: BuildingPlace;
  readonly published: PublishedPackages;
}

export interface BuildSignals {
  readonly cancelled: AbortSignal;
  readonly gone: AbortSignal;
  readonly handBack: AbortSignal;
}

/**
 * Builds what was claimed, brings the packages to the manager and says how it ended.
 *
 * @returns what the manager made of it, for people
 */
export async function buildClaim(
  manager: ManagerClient,
  workshopFor: (claim: RemoteClaim) => Promise<Workshop>,
  claim: RemoteClaim,
  signals: BuildSignals,
): Promise<string> {
  try {
    return await buildIn(await workshopFor(claim), manager, claim, signals);
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
  claim: RemoteClaim,
  signals: BuildSignals,
): Promise<string> {
  const { place } = workshop;
  const { gone, cancelled, handBack } = signals;
  const logPath = join(place.folders.logs, claim.pkgbase, `${claim.build}-${claim.token}.log`);
  const send = (at: number, piece: Uint8Array): Promise<number> => manager.log(claim, at, piece, gone);
  const stream = streamLog(logPath, claim.logAt, send, gone);
  const log = openLog(logPath, () => stream.grown());
  try {
    const made = await build(workshop, claim, AbortSignal.any([cancelled, gone, handBack]), log);
    await stream.end();
    if (gone.aborted) return "gone";
    if ("outcome" in made) return await manager.finish(claim, resultOf(made, signals), gone);
    const packages = await announcementOf(made);
    const done = { packages, namcap: await keptNamcap(logPath) };
    return await bring(manager, claim, made, done, gone);
  } finally {
    log.close();
    for (const path of [logPath, timesOf(logPath), namcapOf(logPath)]) await rm(path, { force: true });
    await dropFinished(place.folders.finished, claim.pkgbase);
  }
}

/** A fault of this machine isn't the build's. */
async function build(
  { clone, place, published }: Workshop,
  { build: id, pkgbase, commit, bump }: RemoteClaim,
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

/** A way that is closed just now may be open in a moment. */
async function patiently<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pause = 500; ; pause *= 2) {
    try {
      return await action();
    } catch (error) {
      const isAway = error instanceof SluiceError && error.code.endsWith("-away");
      if (!isAway || pause > 8000 || signal.aborted) throw error;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}

function resultOf(
  { outcome, message = "", reason }: Unbuilt,
  { cancelled, handBack }: BuildSignals,
): FinishRequest {
  if (outcome === "cancelled" && handBack.aborted && !cancelled.aborted) {
    return { outcome: "lost", message: "the builder was stopped" };
  }
  // Whether something is published already is the manager's to say.
  return {
    outcome: outcome === "already-built" ? "skipped" : outcome,
    message: message.slice(0, 4000),
    ...(reason && { reason }),
  };
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

/** Sends what isn't there yet, from where it ended, until all is there. */
async function bring(
  manager: ManagerClient,
  claim: RemoteClaim,
  { files }: FinishedPackages,
  done: Pick<FinishRequest, "namcap"> & { readonly packages: Announcement },
  gone: AbortSignal,
): Promise<string> {
  const { packages } = done;
  for (let pause = 100; ; pause = Math.min(2 * pause, 5000)) {
    const answer = await manager.announce(claim, packages, gone);
    if (answer.kind === "gone") return "gone";
    if (answer.kind === "finished") return `${answer.outcome}: ${answer.message}`;
    try {
      for (const [index, { name, size }] of packages.files.entries()) {
        let at = answer.have[name] ?? 0;
        while (at < size) at = await manager.upload(claim, { name, path: files[index]!, at }, gone);
      }
      return await manager.finish(claim, { outcome: "built", message: packages.version, ...done }, gone);
    } catch (error) {
      // A manager that was restarted has forgotten what was announced.
      if (gone.aborted || !(isTemporary(error) || (error as SluiceError).code === "gone")) throw error;
      await sleep(pause, undefined, { signal: gone });
    }
  }
}
