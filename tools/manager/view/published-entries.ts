import type { DatabaseEntry } from "../../alpm/database.ts";
import type { Snapshot } from "../../pkgrepo/snapshot.ts";

/** What is published for one architecture. */
export type PublishedPart = Pick<Snapshot, "entries" | "madeFrom">;

/** A package as it is published. */
export interface PublishedEntry extends DatabaseEntry {
  /** Milliseconds since 1970; 0 where that isn't known. */
  readonly publishedAt: number;
}

/** What is made for any architecture is in all of them, and is shown once. */
export function entriesOf(snapshots: readonly PublishedPart[]): PublishedEntry[] {
  const all = snapshots.flatMap(({ entries, madeFrom }) =>
    entries.map((entry) => ({ ...entry, publishedAt: publishedAt(entry, madeFrom) })),
  );
  return [...new Map(all.map((entry) => [entry.filename, entry])).values()];
}

/** Records of earlier releases don't say it; then it was built at about that time, as far as the recipe lets makepkg say so. */
function publishedAt({ base, buildDate }: DatabaseEntry, madeFrom: PublishedPart["madeFrom"]): number {
  const record = madeFrom.get(base)?.publishedAt;
  return record === undefined ? buildDate * 1000 : Date.parse(record);
}

/** What was published last. */
export function newestOf(entries: readonly PublishedEntry[]): readonly PublishedEntry[] {
  return entries.toSorted((a, b) => b.publishedAt - a.publishedAt).slice(0, 10);
}

export function ofEntry({ name, base, version, arch, filename, publishedAt }: PublishedEntry) {
  return { name, pkgbase: base, version, arch, filename, publishedAt: publishedAt || null };
}
