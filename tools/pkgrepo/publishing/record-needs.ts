import { join } from "node:path";
import type { DatabaseEntry } from "../../alpm/database.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { readNeeds } from "../read-needs.ts";
import { folderOf, type Repository } from "../repository.ts";
import { readSnapshot } from "../snapshot.ts";
import { replaceSnapshot } from "./replace-snapshot.ts";
import { inTransaction } from "./transaction.ts";

interface Options {
  readonly now: () => Date;
  readonly signal?: AbortSignal;
  /** After each file. */
  readonly progress?: (read: number, all: number) => void;
}

/** Files whose records are written at once: a process that is killed reads no more than these again. */
const batch = 64;

/**
 * Reads what published packages need and give of which that wasn't recorded: those that an earlier release published, or
 * somebody else. One file after the other, so that builds hardly notice; what is published meanwhile is left alone.
 *
 * @returns how many were read
 */
export async function recordNeeds(
  repository: Repository,
  { now, signal, progress }: Options,
): Promise<number> {
  const missing = await withoutRecord(repository);
  const found = new Map<string, PackageRecord>();
  let read = 0;
  for (const entry of missing) {
    if (signal?.aborted) break;
    const { name: pkgname, base: pkgbase, version, arch, depends, provides, filename } = entry;
    const path = join(folderOf(repository).folder, filename);
    found.set(filename, await readNeeds(path, { pkgname, pkgbase, version, arch, depends, provides }));
    read++;
    progress?.(read, missing.length);
    if (found.size < batch) continue;
    await write(repository, found, now());
    found.clear();
  }
  if (found.size > 0) await write(repository, found, now());
  return read;
}

async function withoutRecord(repository: Repository): Promise<DatabaseEntry[]> {
  const snapshot = await readSnapshot(repository);
  const records = (await snapshot?.needs()) ?? new Map();
  return (snapshot?.entries ?? []).filter(({ filename }) => !records.has(filename));
}

/** Of packages that aren't published any more nothing is kept. */
async function write(
  repository: Repository,
  needs: ReadonlyMap<string, PackageRecord>,
  now: Date,
): Promise<void> {
  await inTransaction(repository, now, async (transaction) => {
    const { published } = transaction;
    if (published) {
      await replaceSnapshot(transaction, {
        add: [],
        remove: [],
        madeFrom: published.madeFrom,
        needs: new Map(needs),
      });
    }
  });
}
