import { setTimeout as sleep } from "node:timers/promises";
import { remove } from "../../pkgrepo/publishing/remove.ts";
import type { Removal } from "../../queue/queue.ts";
import type { Installation } from "../installation.ts";

/** Receives what was removed from the package repository. */
export type Removed = (pkgbase: string, pkgnames: readonly string[]) => void;

/** Takes out of the package repository what is to be removed from it. */
export async function applyRemovals(installation: Installation, told?: Removed): Promise<void> {
  const { queue, repository, now } = installation;
  const removals = (await queue.removals()).filter((removal) => isOfThisRepository(installation, removal));
  if (removals.length === 0) return;
  const removed = await remove(repository, removals, now());
  for (const { id } of removals) await queue.removed(id);
  for (const { pkgbase, pkgnames } of removed) told?.(pkgbase, pkgnames);
}

/**
 * Waits until a removal is carried out that is held back by a build of that package, which has been asked to stop.
 *
 * @returns false where nothing of the kind is pending, or it takes more than a minute
 */
export async function awaitRemoval(
  installation: Installation,
  pkgbase: string,
  signal: AbortSignal,
): Promise<boolean> {
  const isPending = async (): Promise<boolean> =>
    (await installation.queue.state()).removals.some(
      (removal) => removal.pkgbase === pkgbase && isOfThisRepository(installation, removal),
    );
  if (!(await isPending())) return false;
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && !signal.aborted) {
    await applyRemovals(installation);
    if (!(await isPending())) return true;
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** Whether something is about the repository that is published here. */
export function isOfThisRepository(
  { repository }: Installation,
  { target, arch }: Pick<Removal, "target" | "arch">,
): boolean {
  return target === repository.name && arch === repository.arch;
}
