import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildLog } from "../../builder/log.ts";
import { inOneLine } from "../../errors.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { readSnapshot, type Snapshot } from "../../pkgrepo/snapshot.ts";
import type { Build, Result } from "../../queue/queue.ts";
import { isForAny } from "../../workspace/architectures.ts";
import type { Installation } from "../installation.ts";
import { acknowledge, mainWith, readyRemovals } from "../reconcile/removals.ts";
import type { FinishedPackages } from "./finished.ts";
import { needsCheck } from "./needs-check.ts";
import { isCurrent } from "./run-build.ts";

/**
 * Publishes what a build made, and says how that ended. What is made for any architecture goes to all of them, to the
 * one that it was built for last: as long as it isn't there, this is done again.
 */
export async function publishFinished(
  installation: Installation,
  build: Build,
  packages: Omit<FinishedPackages, "build">,
  signal: AbortSignal,
  log?: Pick<BuildLog, "note">,
): Promise<Result> {
  const { workspace } = await installation.revisions.at(build.commit);
  const pkg = workspace.packages.get(build.pkgbase);
  for (const other of pkg && isForAny(pkg) ? installation.others : []) {
    const result = await publishInto(other, build, packages, signal);
    if (result.outcome !== "built" && result.outcome !== "already-built") return result;
  }
  return publishInto(installation, build, packages, signal, log);
}

/** What this package takes the place of goes in the same change. */
async function publishInto(
  installation: Installation,
  { pkgbase, commit }: Pick<Build, "pkgbase" | "commit">,
  { files, pkgnames, version, madeFrom }: Omit<FinishedPackages, "build">,
  signal: AbortSignal,
  log?: Pick<BuildLog, "note">,
): Promise<Result> {
  const { repository, now } = installation;
  const bytes = await sizeOf(files);
  const removals = await readyRemovals(installation);
  const main = await mainWith(installation, commit, removals);
  const needs = await needsCheck(installation, commit, log);
  const made = { pkgbase, pkgnames, files, madeFrom };
  const begun = performance.now();
  const outcomes = await publish(repository, [made], now(), main, needs.judge);
  const publishMs = performance.now() - begun;
  const removed = main ? await acknowledge(installation, removals, outcomes) : [];
  const own = outcomes.find((outcome) => outcome.pkgbase === pkgbase);
  if (own?.kind === "refused") {
    if (signal.aborted) return { outcome: "cancelled" };
    return { outcome: "failed", message: inOneLine(own.error) };
  }
  if (own?.kind === "unchanged") return { outcome: "already-built", message: `${version} is published` };
  const gone = removed.map(({ pkgbase: other }) => other).join(", ");
  const parts = [version, ...(gone === "" ? [] : [`removed: ${gone}`]), ...needs.warnings];
  return { outcome: "built", message: parts.join("; "), bytes, publishMs };
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Puts what is published here where other architectures' repositories don't have it, though it is made for any: such a
 * repository may be new, or its files were lost.
 *
 * @returns how that failed, if it did
 */
export async function spread(
  { repository, others }: Installation,
  build: Build,
  { entries, madeFrom }: Snapshot,
): Promise<Result | undefined> {
  const { pkgnames, ...record } = madeFrom.get(build.pkgbase)!;
  const own = entries.filter(({ base }) => base === build.pkgbase);
  const files = own.map(({ filename }) => join(folderOf(repository).folder, filename));
  const packages = { files, pkgnames, version: own[0]!.version, madeFrom: record };
  for (const other of others) {
    const theirs = await readSnapshot(other.repository);
    if (theirs && isCurrent(other, theirs, build.pkgbase, record)) continue;
    const result = await publishInto(other, build, packages, new AbortController().signal);
    if (result.outcome === "failed") return result;
  }
  return undefined;
}
