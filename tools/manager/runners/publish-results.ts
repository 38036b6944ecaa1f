import { inOneLine } from "../../errors.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { publish, type PublishOutcome } from "../../pkgrepo/publishing/publish.ts";
import type { Repository } from "../../pkgrepo/repository.ts";
import { readSnapshot, type Snapshot } from "../../pkgrepo/snapshot.ts";
import type { FinishedBuild } from "../../pkgrepo/publishing/stage-packages.ts";
import { sweep } from "../../pkgrepo/publishing/sweep.ts";
import type { JobResult, JobOutcome } from "./job-results.ts";
import { completePackages } from "../reconcile/complete-packages.ts";
import { difference } from "../reconcile/reconcile.ts";
import { mainPackages } from "../reconcile/main-packages.ts";
import type { Revision } from "../reconcile/revision.ts";
import { sameRecipe } from "../../workspace/identity.ts";

/** What became of the packages of one build, or why none were made. */
export interface PublishedResult extends JobOutcome {
  readonly pkgbase: string;
}

/**
 * Publishes what a pipeline's jobs built, in one change of the database, and takes out what main no longer has. In
 * the meantime another pipeline may have published something newer: that stays.
 *
 * @param head main as it is now
 */
export async function publishJobResults(
  repository: Repository,
  head: Revision,
  jobResults: readonly JobResult[],
  now: Date,
): Promise<readonly PublishedResult[]> {
  const { removals } = difference(head, await completePackages(repository));
  const published = await readSnapshot(repository);
  const decided = jobResults.map((build) => decide(build, head, published));
  const builds = decided.flatMap(({ build }) => build ?? []);
  const outcomes = new Map(
    (await publish(repository, builds, now, { packages: mainPackages(head), removals })).map((outcome) => [
      outcome.pkgbase,
      outcome,
    ]),
  );
  await sweep(repository, now);
  return [
    ...decided.map(({ result }) => ({ ...result, ...ended(outcomes.get(result.pkgbase)) })),
    ...removals.map(({ pkgbase }) => ({
      pkgbase,
      outcome: "skipped" as const,
      message: removalMessage(outcomes.get(pkgbase)),
    })),
  ];
}

function decide(
  { pkgbase, result, packages }: JobResult,
  head: Revision,
  published: Snapshot | undefined,
): { readonly result: PublishedResult; readonly build?: FinishedBuild } {
  if (!packages) return { result: { pkgbase, ...result } };
  const leftOut = (message: string): { result: PublishedResult } => ({
    result: { pkgbase, outcome: "skipped", message },
  });
  const identity = head.identity(pkgbase);
  if (!identity) return leftOut("it is no longer in the workspace");
  // The build's id is of no account: whichever job made it, it is this recipe's newest build.
  if (!sameRecipe(packages.madeFrom, identity)) {
    return leftOut("its recipe has changed meanwhile, and is built by a later pipeline");
  }
  const before = published?.entries.filter(({ base }) => base === pkgbase) ?? [];
  const newer = before.find(({ version }) => vercmp(version, packages.version) > 0);
  if (newer && sameRecipe(published?.madeFrom.get(pkgbase), identity)) {
    return leftOut(`${newer.version} of the same recipe is published already`);
  }
  const { pkgnames, files, madeFrom } = packages;
  return { result: { pkgbase, ...result }, build: { pkgbase, pkgnames, files, madeFrom } };
}

function removalMessage(outcome: PublishOutcome | undefined): string {
  return outcome?.kind === "held"
    ? `no longer in the workspace; it stays until ${outcome.by.join(", ")} is published`
    : "removed: it is no longer in the workspace";
}

function ended(outcome: PublishOutcome | undefined): Partial<JobOutcome> {
  if (outcome?.kind === "refused") return { outcome: "failed", message: inOneLine(outcome.error) };
  return outcome?.kind === "unchanged" ? { outcome: "already-built" } : {};
}
