import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openLog, type BuildLog } from "../../builder/log.ts";
import type { DatabaseEntry } from "../../alpm/database.ts";
import type { SluiceError } from "../../errors.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import { readSnapshot } from "../../pkgrepo/snapshot.ts";
import type { Build, Result } from "../../queue/queue.ts";
import { followsUpstream, type RecipeIdentity } from "../../workspace/identity.ts";
import type { Package } from "../../workspace/workspace.ts";
import { runBuild, isCurrent, type Inputs } from "./run-build.ts";
import { readFinished, type FinishedPackages } from "./finished.ts";
import type { Installation } from "../installation.ts";
import { sameRecipe } from "../reconcile/reconcile.ts";
import { awaitRemoval, applyRemovals, isOfThisRepository } from "../reconcile/removals.ts";

/** Where the log of one build lies, below the folder of logs. */
export function logName({ pkgbase, id }: Pick<Build, "pkgbase" | "id">): string {
  return `${pkgbase}/${id}.log`;
}

/**
 * Builds and publishes one claimed build. What is published from this very recipe isn't built again, and what an
 * earlier run had built and not published is only published.
 *
 * @throws SluiceError where this machine, not the build, is at fault
 */
export async function handleBuild(
  installation: Installation,
  build: Build,
  signal: AbortSignal,
  listen?: (chunk: Uint8Array) => void,
): Promise<Result> {
  const log = openLog(join(installation.folders.logs, logName(build)), listen);
  try {
    log.note(`${build.pkgbase}, commit ${build.commit}: ${build.reasons.join("; ")}.`);
    const result = await decide(installation, build, signal, log);
    log.note(`${result.outcome}${result.message ? `: ${result.message}` : ""}.`);
    return result;
  } finally {
    log.close();
  }
}

async function decide(
  installation: Installation,
  build: Build,
  signal: AbortSignal,
  log: BuildLog,
): Promise<Result> {
  await deleteEarlierAttempts(installation, build);
  const found = await lookAtBuild(installation, build);
  if (found.kind === "ended") return found.result;
  if (found.kind === "kept") return publishFinished(installation, build, found.packages, signal);
  const made = await runBuild(installation, build, { ...found.inputs, signal }, log);
  if (!("outcome" in made)) return publishFinished(installation, build, made, signal);
  const { reason, ...result } = made;
  return { ...result, ...(reason === "download" && { retry: reason }) };
}

/** What a claimed build comes to before anything is built: there may be nothing to do, or only to publish. */
export type Found =
  | { readonly kind: "ended"; readonly result: Result }
  | { readonly kind: "kept"; readonly packages: FinishedPackages }
  | { readonly kind: "to-build"; readonly inputs: Omit<Inputs, "signal"> };

const ended = (result: Result): Found => ({ kind: "ended", result });

export async function lookAtBuild(installation: Installation, build: Build): Promise<Found> {
  const { repository, revisions } = installation;
  const { pkgbase, commit } = build;
  if (!isOfThisRepository(installation, build)) {
    const message = `it is for ${build.target} (${build.arch}), and ${repository.name} (${repository.arch}) is published here`;
    return ended({ outcome: "cancelled", message });
  }
  const revision = await revisions.at(commit);
  const pkg = revision.workspace.packages.get(pkgbase);
  const identity = revision.identity(pkgbase);
  if (!pkg || !identity) {
    return ended({
      outcome: "failed",
      message: `there is no package ${pkgbase} in commit ${commit.slice(0, 10)}`,
    });
  }
  const packages = await usablePackages(installation, build, pkg, identity);
  if (packages) return { kind: "kept", packages };
  const published = await readSnapshot(repository);
  if (published && isCurrent(installation, published, pkgbase, identity) && !followsUpstream(pkg)) {
    return ended({
      outcome: "already-built",
      message: "this very recipe is published; CI_PACKAGE_BUMP rebuilds it",
    });
  }
  const available = {
    entries: published?.entries ?? [],
    pathOf: ({ filename }: DatabaseEntry) => join(folderOf(repository).folder, filename),
  };
  return { kind: "to-build", inputs: { revision, pkg, identity, published, available } };
}

/** Only this process holds the claim, so files of this build are left over from a process that ended. */
async function deleteEarlierAttempts({ folders: { work } }: Installation, { id }: Build): Promise<void> {
  const left = (await readdir(work)).filter((name) => name.startsWith(`${id}-`));
  for (const name of left) await rm(join(work, name), { recursive: true, force: true });
}

/** What an earlier run built of this recipe. What follows upstream is rebuilt, unless it is the same build. */
async function usablePackages(
  { folders }: Installation,
  { id, pkgbase }: Build,
  pkg: Package,
  identity: RecipeIdentity,
): Promise<FinishedPackages | undefined> {
  const kept = await readFinished(folders.finished, pkgbase);
  const fits = sameRecipe(kept?.madeFrom, identity) && (kept?.build === id || !followsUpstream(pkg));
  return fits ? kept : undefined;
}

/** Publishes what a build made, and says how that ended. */
export async function publishFinished(
  installation: Installation,
  { pkgbase }: Build,
  { files, pkgnames, version, madeFrom }: FinishedPackages,
  signal: AbortSignal,
): Promise<Result> {
  const { repository, now } = installation;
  const build = { pkgbase, pkgnames, files, madeFrom };
  // A pkgname may have moved here from a package that goes in the same commit.
  await applyRemovals(installation);
  let [outcome] = await publish(repository, [build], now());
  const holder = outcome?.kind === "refused" ? outcome.error.facts["other"] : undefined;
  if (typeof holder === "string" && (await awaitRemoval(installation, holder, signal))) {
    [outcome] = await publish(repository, [build], now());
  }
  if (outcome?.kind === "refused") {
    if (signal.aborted) return { outcome: "cancelled" };
    return { outcome: "failed", message: describe(outcome.error) };
  }
  if (outcome?.kind === "unchanged") return { outcome: "already-built", message: `${version} is published` };
  return { outcome: "built", message: version };
}

export function describe(error: SluiceError): string {
  return error.hint ? `${error.message} ${error.hint}` : error.message;
}
