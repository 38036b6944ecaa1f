import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import glob from "fast-glob";
import { resolveCommit } from "../git/history.ts";
import { madeFrom } from "../pkgrepo/snapshot.ts";
import { sweep } from "../pkgrepo/publishing/sweep.ts";
import { dropFinished, keptPackages, readFinished } from "./builds/finished.ts";
import type { Installation } from "./installation.ts";
import { sameRecipe } from "../workspace/identity.ts";

/** As long as the queue remembers builds. */
const logsKeptMs = 90 * 24 * 3600_000;

/** Deletes what isn't needed any more: old packages, old logs, and what processes that died left behind. */
export async function tidy(installation: Installation): Promise<void> {
  await sweep(installation.repository, installation.now());
  await deleteAbandonedWork(installation);
  await dropPublished(installation);
  await deleteOldLogs(installation);
}

/** Folders are listed before the queue is asked: folders made after that are left alone. */
async function deleteAbandonedWork({ queue, folders }: Installation): Promise<void> {
  const names = [
    ...(await readdir(folders.work)).map((name) => join(folders.work, name)),
    ...(await readdir(folders.finished))
      .filter((name) => name.startsWith("."))
      .map((name) => join(folders.finished, name)),
  ];
  if (names.length === 0) return;
  const { builds } = await queue.state();
  const active = new Set(builds.filter(({ status }) => status.kind === "active").map(({ id }) => id));
  for (const path of names) {
    const id = /\/\.?([0-9]+)[-.][^/]*$/.exec(path)?.[1];
    if (!active.has(Number(id))) await rm(path, { recursive: true, force: true });
  }
}

/** Packages that are published, or whose build nobody waits for and that main no longer has. */
async function dropPublished({
  git,
  queue,
  repository,
  folders,
  revisions,
  checkpoint,
}: Installation): Promise<void> {
  const kept = await keptPackages(folders.finished);
  if (kept.length === 0) return;
  const [published, { builds }] = [await madeFrom(repository), await queue.state()];
  const head = await resolveCommit(git, "HEAD");
  const pending = new Set(builds.map(({ pkgbase }) => pkgbase));
  for (const pkgbase of kept) {
    if (pending.has(pkgbase)) continue;
    const made = (await readFinished(folders.finished, pkgbase))?.madeFrom;
    const wanted = head === undefined ? undefined : await revisions.identity(head, pkgbase);
    if (sameRecipe(published.get(pkgbase), made) || !sameRecipe(made, wanted)) {
      await dropFinished(folders.finished, pkgbase, checkpoint);
    }
  }
}

async function deleteOldLogs({ folders, now }: Installation): Promise<void> {
  const oldest = now().getTime() - logsKeptMs;
  for (const path of await glob("*/*", { cwd: folders.logs, absolute: true, stats: true })) {
    if (path.stats!.mtimeMs < oldest) await rm(path.path, { force: true });
  }
}
