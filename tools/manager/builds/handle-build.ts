import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openLog, type BuildLog } from "../../builder/log.ts";
import type { SluiceError } from "../../errors.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import { readSnapshot } from "../../pkgrepo/snapshot.ts";
import type { Build, Result } from "../../queue/queue.ts";
import { followsUpstream, type RecipeIdentity } from "../../workspace/identity.ts";
import type { Package } from "../../workspace/workspace.ts";
import { runBuild, isCurrent } from "./run-build.ts";
import { readFinished, type FinishedPackages } from "./finished.ts";
import type { Installation } from "../installation.ts";
import { sameRecipe } from "../reconcile/reconcile.ts";
import { hasNothingNew } from "../reconcile/take-requests.ts";
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
    const ended = `${result.outcome}${result.message ? `: ${result.message}` : ""}`;
    log.note(/[.!?]$/.test(ended) ? ended : `${ended}.`);
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
  const { repository, revisions } = installation;
  const { pkgbase, commit } = build;
  await deleteEarlierAttempts(installation, build);
  if (!isOfThisRepository(installation, build)) {
    const message = `it is for ${build.target} (${build.arch}), and ${repository.name} (${repository.arch}) is published here`;
    return { outcome: "cancelled", message };
  }
  const revision = await revisions.at(commit);
  const pkg = revision.workspace.packages.get(pkgbase);
  const identity = revision.identity(pkgbase);
  if (!pkg || !identity) {
    return { outcome: "failed", message: `there is no package ${pkgbase} in commit ${commit.slice(0, 10)}` };
  }
  const kept = await usablePackages(installation, build, pkg, identity);
  if (kept) return publishFinished(installation, build, kept, signal);
  const published = await readSnapshot(repository);
  if (published && isCurrent(installation, published, pkgbase, identity)) {
    const record = published.madeFrom.get(pkgbase)!;
    if (hasNothingNew(pkg, build, record)) {
      const message = followsUpstream(pkg)
        ? "this very recipe and upstream commit are published"
        : "this very recipe is published; CI_PACKAGE_BUMP rebuilds it";
      return { outcome: "already-built", message };
    }
  }
  const available = {
    entries: published?.entries ?? [],
    pathOf: (filename: string) => join(folderOf(repository).folder, filename),
  };
  const inputs = { revision, pkg, identity, published, available, signal };
  const made = await runBuild(installation, build, inputs, log);
  return "outcome" in made ? made : publishFinished(installation, build, made, signal);
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

async function publishFinished(
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
