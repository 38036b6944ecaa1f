import type { PublicationRecord, ReleaseRecord } from "./record.ts";
import type { ReleaseRef } from "../refs/ref.ts";

interface Keeping {
  readonly publication: string;
  /** So many releases of each channel. */
  readonly keep: number;
  /** What was published right now, which is kept whatever clocks say. */
  readonly current: { readonly channel: string; readonly ref: ReleaseRef };
}

/** A release that a publication keeps no longer, and what only that one needs. */
export interface Garbage {
  readonly record: ReleaseRecord;
  readonly files: PublicationRecord["files"];
}

/**
 * What a publication can delete: files of its releases beyond the newest of each channel that no other release on record
 * needs, whichever project's it is. What nothing on record names is somebody else's, and stays.
 *
 * @param own the project's records
 * @param others those of all other projects
 */
export function garbageOf(
  own: readonly ReleaseRecord[],
  others: readonly ReleaseRecord[],
  { publication, keep, current }: Keeping,
): readonly Garbage[] {
  const isCurrent = ({ channel, ref }: ReleaseRecord): boolean =>
    channel === current.channel &&
    ref.kind === current.ref.kind &&
    ref.name === current.ref.name &&
    ref.commit === current.ref.commit;
  const published = own.filter((record) => (record.publications[publication]?.files.length ?? 0) > 0);
  const newestFirst = published.toSorted(
    (a, b) =>
      Number(isCurrent(b)) - Number(isCurrent(a)) ||
      b.publications[publication]!.at - a.publications[publication]!.at,
  );
  const kept = new Map<string, number>();
  const dropped = newestFirst.filter(({ channel }) => {
    kept.set(channel, (kept.get(channel) ?? 0) + 1);
    return kept.get(channel)! > keep;
  });
  const needed = new Set(
    [...own, ...others].flatMap((record) =>
      Object.entries(record.publications)
        .filter(([name]) => name !== publication || !dropped.includes(record))
        .flatMap(([, { files }]) => files.map(({ at }) => at)),
    ),
  );
  return dropped.map((record) => ({
    record,
    files: record.publications[publication]!.files.filter(({ at }) => !needed.has(at)),
  }));
}
