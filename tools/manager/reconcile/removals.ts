import { SluiceError } from "../../errors.ts";
import { publish, type PublishOutcome } from "../../pkgrepo/publishing/publish.ts";
import type { Main } from "../../pkgrepo/publishing/plan-publish.ts";
import { snapshotNumber } from "../../pkgrepo/snapshot.ts";
import type { Removal } from "../../queue/queue.ts";
import type { Installation } from "../installation.ts";
import { mainPackages, mainRevision } from "./main-packages.ts";

/** Receives what was removed from the package repository. */
export type Removed = (pkgbase: string, pkgnames: readonly string[]) => void;

/**
 * Takes out of the package repository what is to be removed from it, each time that it is called. What is held back
 * for a successor is looked at again when something else was published or is to be removed.
 */
export function remover(installation: Installation, told?: Removed): () => Promise<void> {
  let seen = "";
  return async () => {
    const removals = await readyRemovals(installation);
    if (removals.length === 0) return;
    const state = [await snapshotNumber(installation.repository), ...removals.map(({ id }) => id)].join(" ");
    if (state === seen) return;
    const main = await mainWith(installation, removals.at(-1)!.commit, removals);
    const { repository, now } = installation;
    const outcomes = await publish(repository, [], now(), main ?? { packages: new Map(), removals }).catch(
      async (error: unknown) => {
        for (const { id } of removals) await installation.queue.removalFailed(id, failureOf(error));
        throw error;
      },
    );
    for (const { pkgbase, pkgnames } of await acknowledge(installation, removals, outcomes)) {
      told?.(pkgbase, pkgnames);
    }
    seen = state;
  };
}

function failureOf(error: unknown): string {
  return error instanceof SluiceError ? error.message : "Sluice failed; what it prints says more";
}

/** What is to be removed here and may be. */
export async function readyRemovals(installation: Installation): Promise<readonly Removal[]> {
  const removals = await installation.queue.removals();
  return removals.filter((removal) => isOfThisRepository(installation, removal));
}

/** Main as it is since `commit`, with those removals that it still means. */
export async function mainWith(
  installation: Installation,
  commit: string,
  removals: readonly Removal[],
): Promise<Main | undefined> {
  const revision = await mainRevision(installation, commit);
  if (!revision) return undefined;
  const packages = mainPackages(revision);
  return { packages, removals: removals.filter(({ pkgbase }) => !packages.has(pkgbase)) };
}

/**
 * Tells the queue which removals are done, or are moot since main has the package again.
 *
 * @returns those that were carried out
 */
export async function acknowledge(
  { queue }: Installation,
  removals: readonly Removal[],
  outcomes: readonly PublishOutcome[],
): Promise<readonly (PublishOutcome & { kind: "removed" })[]> {
  const byName = new Map(outcomes.map((outcome) => [outcome.pkgbase, outcome]));
  for (const { id, pkgbase } of removals) {
    if (byName.get(pkgbase)?.kind !== "held") await queue.removed(id);
  }
  return outcomes.filter((outcome) => outcome.kind === "removed");
}

/** Whether something is about the repository that is published here. */
export function isOfThisRepository(
  { repository }: Installation,
  { target, arch }: Pick<Removal, "target" | "arch">,
): boolean {
  return target === repository.name && arch === repository.arch;
}
