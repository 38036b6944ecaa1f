import { existsSync } from "node:fs";
import { join } from "node:path";
import { folderOf, type Repository } from "../../pkgrepo/repository.ts";
import { readSnapshot, type MadeFromRecord, type Snapshot } from "../../pkgrepo/snapshot.ts";
import { isForAny } from "../../workspace/architectures.ts";
import { sameRecipe } from "../../workspace/identity.ts";
import type { Revision, Revisions } from "./revision.ts";

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

/**
 * The records as they can be compared with a revision: those of earlier releases say less of what they were made from,
 * so where one differs, that is looked up in its commit, if this clone still has it.
 */
export async function comparableRecords(
  revisions: Revisions,
  revision: Revision,
  records: ReadonlyMap<string, MadeFromRecord>,
  pkgbases: Iterable<string> = records.keys(),
): Promise<ReadonlyMap<string, MadeFromRecord>> {
  const comparable = new Map(records);
  for (const pkgbase of pkgbases) {
    const record = records.get(pkgbase);
    if (!record || record.inputs !== undefined) continue;
    const identity = revision.identity(pkgbase);
    if (!identity || sameRecipe(record, identity)) continue;
    const then = await revisions.identity(record.commit, pkgbase);
    if (then && then.recipeTree === record.recipeTree) {
      comparable.set(pkgbase, { ...record, inputs: then.inputs });
    }
  }
  return comparable;
}

/**
 * What is published of one architecture, as it can be compared with a revision. What is made for any counts only where
 * the repositories of the other architectures have it as well.
 */
export async function publishedAs(
  { repository, revisions, others = [] }: PublishedPlace,
  revision: Revision,
): Promise<ReadonlyMap<string, MadeFromRecord>> {
  const records = await comparableRecords(revisions, revision, await completePackages(repository));
  if (others.length === 0) return records;
  const everywhere = new Map(records);
  for (const other of others) {
    const theirs = await completePackages(other.repository);
    for (const [pkgbase, record] of records) {
      const pkg = revision.workspace.packages.get(pkgbase);
      const isMissing = pkg && isForAny(pkg) && !sameRecipe(theirs.get(pkgbase), record);
      if (isMissing) everywhere.delete(pkgbase);
    }
  }
  return everywhere;
}

interface PublishedPlace {
  readonly repository: Where;
  readonly revisions: Revisions;
  readonly others?: readonly { readonly repository: Where }[];
}

/** What is published, with records of some packages that can be compared with a revision. */
export async function comparable(
  published: Snapshot,
  revisions: Revisions,
  revision: Revision,
  pkgbases: readonly string[],
): Promise<Snapshot> {
  const madeFrom = await comparableRecords(revisions, revision, published.madeFrom, pkgbases);
  return { ...published, madeFrom };
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
