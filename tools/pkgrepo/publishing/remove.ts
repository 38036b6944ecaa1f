import { replaceSnapshot } from "./replace-snapshot.ts";
import type { Repository } from "../repository.ts";
import { inTransaction } from "./transaction.ts";

export interface Removed {
  readonly pkgbase: string;
  /** What left the database; empty where nothing of it was published. */
  readonly pkgnames: readonly string[];
}

/**
 * Takes everything that was built from these pkgbases out of the database, whatever its pkgnames are. The
 * files stay until `sweep` finds them old enough. Removing again changes nothing.
 *
 * @throws SluiceError as `publish` does
 */
export function remove(
  repository: Repository,
  removals: readonly { readonly pkgbase: string }[],
  now: Date,
): Promise<Removed[]> {
  return inTransaction(repository, now, async (transaction) => {
    const entries = transaction.published?.entries ?? [];
    const madeFrom = new Map(transaction.published?.madeFrom);
    const removed = removals.map(({ pkgbase }) => {
      madeFrom.delete(pkgbase);
      return { pkgbase, pkgnames: entries.filter(({ base }) => base === pkgbase).map(({ name }) => name) };
    });
    const pkgnames = new Set(removed.flatMap((removal) => removal.pkgnames));
    await replaceSnapshot(transaction, { add: [], remove: [...pkgnames], madeFrom });
    return removed;
  });
}
