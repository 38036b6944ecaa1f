import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { howToRelease } from "../../builder/versions/known-version.ts";
import { openLog, type BuildLog } from "../../builder/log.ts";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { nextBump } from "../../builder/versions/next-bump.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { versionsOf } from "../../pkgrepo/snapshot.ts";
import { notStarted } from "../../queue/outcome.ts";
import type { Build, Result } from "../../queue/queue.ts";
import { isForAny } from "../../workspace/architectures.ts";
import { followsUpstream, type RecipeIdentity, sameRecipe } from "../../workspace/identity.ts";
import type { Package } from "../../workspace/workspace.ts";
import { runBuild, isCurrent, type Inputs } from "./run-build.ts";
import { keptFromBefore, nameIsTaken } from "./published-before.ts";
import { readFinished, type FinishedPackages } from "./finished.ts";
import { whyNotHere, type Installation } from "../installation.ts";
import { hasNothingNew } from "../reconcile/take-requests.ts";
import { comparable } from "../reconcile/complete-packages.ts";
import { isOfThisRepository } from "../reconcile/removals.ts";
import { publishFinished, spread } from "./publish-finished.ts";
import { logName } from "../log-name.ts";

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
    noteEnd(log, result);
    return result;
  } finally {
    log.close();
  }
}

/** The last line of a log: how the build ended. */
export function noteEnd(log: BuildLog, { outcome, message }: { outcome: string; message?: string }): void {
  const ended = `${outcome}${message ? `: ${message}` : ""}`;
  log.note(/[.!?]$/.test(ended) ? ended : `${ended}.`);
}

async function decide(
  installation: Installation,
  build: Build,
  signal: AbortSignal,
  log: BuildLog,
): Promise<Result> {
  await deleteEarlierAttempts(installation, build);
  const found = await lookAtBuild(installation, build);
  if (found.kind !== "to-build") return withoutBuilding(installation, build, found, signal, log);
  const made = await runBuild(installation, build, { ...found.inputs, signal }, log);
  if (!("outcome" in made)) return publishFinished(installation, build, made, signal, log);
  const { reason, ...result } = made;
  return { ...result, ...(reason === "download" && { retry: reason }) };
}

/** What a claimed build comes to before anything is built: there may be nothing to do, or only to publish. */
export type Found =
  | { readonly kind: "ended"; readonly result: Result }
  /** By an earlier run of this build. */
  | { readonly kind: "kept"; readonly packages: FinishedPackages }
  /** It was published once. */
  | { readonly kind: "kept-from-before"; readonly packages: FinishedPackages }
  | { readonly kind: "to-build"; readonly inputs: Omit<Inputs, "signal"> };

/** Ends a build for which nothing has to be built. */
export async function withoutBuilding(
  installation: Installation,
  build: Build,
  found: Exclude<Found, { kind: "to-build" }>,
  signal: AbortSignal,
  log: BuildLog,
): Promise<Result> {
  if (found.kind === "ended") return found.result;
  return found.kind === "kept"
    ? publishFinished(installation, build, found.packages, signal, log)
    : publishAgain(installation, build, found.packages, signal, log);
}

const ended = (result: Result): Found => ({ kind: "ended", result });

export async function lookAtBuild(installation: Installation, build: Build): Promise<Found> {
  const { revisions } = installation;
  const { pkgbase, commit } = build;
  if (!isOfThisRepository(installation, build)) {
    return ended({ outcome: "cancelled", message: whyNotHere(build, [installation]) });
  }
  const revision = await revisions.at(commit);
  const pkg = revision.workspace.packages.get(pkgbase);
  const identity = revision.identity(pkgbase);
  if (!pkg || !identity) {
    return ended({
      outcome: "failed",
      message: `${notStarted}there is no package ${pkgbase} in commit ${commit.slice(0, 10)}`,
    });
  }
  const kept = await usablePackages(installation, build, pkg, identity);
  if (kept) return { kind: "kept", packages: kept };
  const snapshot = await installation.readPublished();
  const published = snapshot && (await comparable(snapshot, revisions, revision, [pkgbase]));
  const recipe = { revision, pkg, identity, published };
  if (build.again) {
    const next = await raised(installation, recipe);
    return "outcome" in next ? ended(next) : toBuild(installation, next);
  }
  if (published && isCurrent(installation, published, pkgbase, identity)) {
    const failed = isForAny(pkg) ? await spread(installation, build, published) : undefined;
    if (failed) return ended(failed);
    const record = published.madeFrom.get(pkgbase)!;
    if (hasNothingNew(pkg, build, record)) {
      const what = followsUpstream(pkg) ? "recipe and upstream commit are" : "recipe is";
      return ended({
        outcome: "already-built",
        message: `this very ${what} published; once more with: sluice build --again ${pkgbase}, or sluice bump ${pkgbase}`,
      });
    }
  }
  const before = published && keptFromBefore(installation, published, build.id, pkg, identity);
  if (before) return { kind: "kept-from-before", packages: before };
  const taken = published && (await nameIsTaken(installation, published, revision, pkg));
  return taken === undefined ? toBuild(installation, recipe) : ended({ outcome: "failed", message: taken });
}

type RecipeToBuild = Pick<Inputs, "revision" | "pkg" | "identity" | "published">;

function toBuild({ repository }: Installation, recipe: RecipeToBuild): Found {
  const { folder } = folderOf(repository);
  const available = {
    entries: recipe.published?.entries ?? [],
    pathOf: ({ filename }: DatabaseEntry) => join(folder, filename),
  };
  return { kind: "to-build", inputs: { ...recipe, available } };
}

/**
 * The recipe of what is built once more, by hand. Where its files would have names that are taken, it gets the next
 * pkgrel `.N`, as by CI_PACKAGE_BUMP; main isn't changed.
 */
async function raised(installation: Installation, recipe: RecipeToBuild): Promise<RecipeToBuild | Result> {
  const { revision, pkg, identity, published } = recipe;
  const { published: version, kept = [] } = published ? versionsOf(published, pkg.pkgbase) : {};
  if (!published || version === undefined) return recipe;
  const setsVersion = (await revision.knownVersion(pkg.pkgbase)) === undefined;
  const isTaken =
    setsVersion ||
    isCurrent(installation, published, pkg.pkgbase, identity) ||
    (await nameIsTaken(installation, published, revision, pkg)) !== undefined;
  if (!isTaken) return recipe;
  const next = nextBump(pkg, version, { taken: kept, setsVersion });
  if ("skipped" in next) {
    return { outcome: "failed", message: `${notStarted}${next.skipped}; ${howToRelease(pkg)}` };
  }
  const config = { ...pkg.config, CI_PACKAGE_BUMP: next.bump };
  return { ...recipe, pkg: { ...pkg, config }, identity: { ...identity, bump: next.bump } };
}

/** Only this process holds the claim, so files of this build are left over from a process that ended. */
async function deleteEarlierAttempts({ folders: { work } }: Installation, { id }: Build): Promise<void> {
  const left = (await readdir(work)).filter((name) => name.startsWith(`${id}-`));
  for (const name of left) await rm(join(work, name), { recursive: true, force: true });
}

/** What an earlier run built of this recipe. What follows upstream is rebuilt, unless it is the same build. */
async function usablePackages(
  { folders }: Installation,
  { id, pkgbase, again = false }: Build,
  pkg: Package,
  identity: RecipeIdentity,
): Promise<FinishedPackages | undefined> {
  const kept = await readFinished(folders.finished, pkgbase);
  const fits =
    sameRecipe(kept?.madeFrom, identity) && (kept?.build === id || !(again || followsUpstream(pkg)));
  return fits ? kept : undefined;
}

/** A revert: what it asks for was published before, and is still there. */
async function publishAgain(
  installation: Installation,
  build: Build,
  packages: FinishedPackages,
  signal: AbortSignal,
  log: BuildLog,
): Promise<Result> {
  log.note(`${packages.version} was made from this very recipe and is still kept.`);
  const result = await publishFinished(installation, build, packages, signal, log);
  if (result.outcome !== "built") return result;
  return { outcome: "already-built", message: `${packages.version}, which was kept, is published again` };
}
