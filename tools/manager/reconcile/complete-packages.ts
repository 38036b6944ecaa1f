import { existsSync } from "node:fs";
import { join } from "node:path";
import { folderOf, type Repository } from "../../pkgrepo/repository.ts";
import { readSnapshot, type MadeFromRecord, type Snapshot } from "../../pkgrepo/snapshot.ts";

type Where = Pick<Repository, "root" | "name" | "arch">;

/** What the published packages were made from, without those of which a file is lost. */
export async function completePackages(repository: Where): Promise<ReadonlyMap<string, MadeFromRecord>> {
  const published = await readSnapshot(repository);
  if (!published) return new Map();
  const lost = new Set(
    published.entries.filter(({ filename }) => !isThere(repository, filename)).map(({ base }) => base),
  );
  const named = new Set(published.entries.map(({ base }) => base));
  return new Map([...published.madeFrom].filter(([pkgbase]) => named.has(pkgbase) && !lost.has(pkgbase)));
}

/** Whether the database names packages of this pkgbase, and the files that it names are there. */
export function isComplete(repository: Where, { entries }: Snapshot, pkgbase: string): boolean {
  const own = entries.filter(({ base }) => base === pkgbase);
  return own.length > 0 && own.every(({ filename }) => isThere(repository, filename));
}

function isThere(repository: Where, filename: string): boolean {
  const file = join(folderOf(repository).folder, filename);
  return existsSync(file) && existsSync(`${file}.sig`);
}
