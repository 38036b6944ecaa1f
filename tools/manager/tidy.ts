import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import glob from "fast-glob";
import { resolveCommit } from "../git/history.ts";
import { madeFrom } from "../pkgrepo/snapshot.ts";
import { sweep } from "../pkgrepo/publishing/sweep.ts";
import { dropFinished, keptPackages, readFinished } from "./builds/finished.ts";
import { namcapOf, timesOf } from "../builder/log.ts";
import type { FinishedBuild } from "../queue/queue.ts";
import type { RepositoryConfig } from "../workspace/config/config.ts";
import { logName } from "./log-name.ts";
import type { Installation } from "./installation.ts";
import { sameRecipe } from "../workspace/identity.ts";

/** For how long what is over is kept. */
export type Kept = Pick<RepositoryConfig, "HISTORY_DAYS" | "LOG_DAYS">;

/** Deletes what isn't needed any more: old packages, old logs, and what processes that died left behind. */
export async function tidy(installation: Installation, kept: Kept): Promise<void> {
  await sweep(installation.repository, installation.now());
  await deleteAbandonedWork(installation);
  await dropPublished(installation);
  await installation.queue.forget(daysAgo(installation, kept.HISTORY_DAYS));
  await deleteOldLogs(installation, daysAgo(installation, kept.LOG_DAYS));
}

function daysAgo({ now }: Installation, days: number): number {
  return now().getTime() - days * 24 * 3600_000;
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
  const { builds } = await queue.state(["active"]);
  const active = new Set(builds.map(({ id }) => id));
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

/** But the last of each outcome of each package: it shows what a failure was, and how it was before. */
async function deleteOldLogs({ folders, queue }: Installation, before: number): Promise<void> {
  const files = await glob("*/*", { cwd: folders.logs, stats: true });
  const old = files.filter(({ stats }) => stats!.mtimeMs < before).map(({ path }) => path);
  const pkgbases = new Set(old.map((path) => path.slice(0, path.indexOf("/"))));
  const kept = new Set<string>();
  // Of every repository and architecture that is built here: their logs lie in the same folder.
  for (const key of (await queue.packages()).filter(({ pkgbase }) => pkgbases.has(pkgbase))) {
    const builds = await queue.history({ key, limit: 10_000 });
    const last = new Map(builds.toReversed().map((build) => [build.outcome, build]));
    for (const build of last.values()) for (const file of filesOfLog(build)) kept.add(file);
  }
  for (const path of old) if (!kept.has(path)) await rm(join(folders.logs, path), { force: true });
}

function filesOfLog(build: FinishedBuild): readonly string[] {
  const log = logName(build);
  return [log, timesOf(log), namcapOf(log)];
}
