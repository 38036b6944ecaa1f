import { stat } from "node:fs/promises";
import { join } from "node:path";
import { folderOf } from "../../pkgrepo/repository.ts";
import { readSnapshot, snapshotNumber } from "../../pkgrepo/snapshot.ts";
import { inParallel } from "../../system/in-parallel.ts";
import type { PublishedPlace } from "../status.ts";

export type PublishedRepository = PublishedPlace["repository"];

const known = new WeakMap<PublishedRepository, { readonly at: number | undefined; readonly bytes: number }>();

/** How large the packages are together that are published, in bytes; looked at again where others are published. */
export async function repositorySize(repository: PublishedRepository): Promise<number> {
  const at = await snapshotNumber(repository);
  const before = known.get(repository);
  if (before && before.at === at) return before.bytes;
  const { entries = [] } = (await readSnapshot(repository)) ?? {};
  const { folder } = folderOf(repository);
  const sizes = await inParallel(entries, 16, async ({ filename }) => {
    // One that is damaged just now is put back, or built again.
    return (await stat(join(folder, filename)).catch(() => undefined))?.size ?? 0;
  });
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  known.set(repository, { at, bytes });
  return bytes;
}
