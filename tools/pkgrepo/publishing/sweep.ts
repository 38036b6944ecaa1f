import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import glob from "fast-glob";
import { deleteOldSnapshots } from "./replace-snapshot.ts";
import type { Repository } from "../repository.ts";
import { readSnapshot, type Snapshot } from "../snapshot.ts";
import { durably } from "../../steps.ts";
import { whileLocked } from "./transaction.ts";

const day = 24 * 60 * 60 * 1000;

/**
 * Deletes the package files that left the database more than `keepDays` ago, and those that a publish which
 * died left behind that long ago; superseded snapshots after minutes.
 *
 * @returns the names of the deleted package files
 */
export function sweep(repository: Repository, now: Date): Promise<string[]> {
  return whileLocked(repository, async (paths) => {
    const published = await readSnapshot(repository);
    if (!published) return [];
    const deleted: string[] = [];
    for (const filename of await unnamedFiles(published, paths.folder)) {
      const path = join(paths.folder, filename);
      const since = Date.parse(published.retired.get(filename)?.since ?? "") || (await stat(path)).mtimeMs;
      if (since + repository.keepDays * day > now.getTime()) continue;
      // The signature first: a package is found again after a crash in between, a lone signature isn't.
      await durably(repository.checkpoint, "old signature deleted", () => rm(`${path}.sig`, { force: true }));
      await durably(repository.checkpoint, "old package deleted", () => rm(path));
      deleted.push(filename);
    }
    await deleteOldSnapshots(repository, paths, now);
    return deleted;
  });
}

async function unnamedFiles({ entries }: Snapshot, folder: string): Promise<string[]> {
  const named = new Set(entries.map(({ filename }) => filename));
  const files = await glob(["*.pkg.tar", "*.pkg.tar.*"], { cwd: folder, ignore: ["*.sig"] });
  return files.filter((name) => !named.has(name));
}
