import type { EventBuild, ReaderLease, ReaderState, ReadEvents, UnreadEvent } from "../event-readers.ts";
import type { QueueEventDetail } from "../events.ts";
import type { BuildKey } from "../submission.ts";
import type { Transaction } from "./dispatch.ts";
import { toBuild } from "./rows.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { count } from "./totals.ts";

/** As many as are read at once. */
const batch = 10_000;

export function takeUnread(
  { file, now }: Transaction,
  reader: string,
  lease: ReaderLease,
): UnreadEvent[] | undefined {
  file.run(
    `insert into reader (name, seq) select ?, coalesce(max(seq), 0) from event where true
     on conflict do nothing`,
    reader,
  );
  const place = file.get<{ seq: number; besides: string }>(
    `update reader set owner = ?2, lease_until = ?3 + ?4
     where name = ?1 and (owner = ?2 or lease_until < ?3) returning seq, besides`,
    reader,
    lease.owner,
    now,
    lease.leaseMs,
  );
  if (!place) return undefined;
  const besides = new Set(JSON.parse(place.besides) as number[]);
  return listFrom(file, place.seq).filter(({ event }) => !besides.has(event.seq));
}

export function noteRead(
  transaction: Transaction,
  reader: string,
  lease: ReaderLease,
  { upTo, besides, sent, refused }: ReadEvents,
): boolean {
  const { file, now } = transaction;
  const before = file.get<{ seq: number; besides: string }>(
    "select seq, besides from reader where name = ? and owner = ?",
    reader,
    lease.owner,
  );
  if (!before) return false;
  let seq = Math.max(before.seq, upTo);
  const later = new Set([...(JSON.parse(before.besides) as number[]), ...besides].filter((at) => at > seq));
  while (later.delete(seq + 1)) seq++;
  file.run(
    "update reader set seq = ?, besides = ?, lease_until = ? where name = ?",
    seq,
    JSON.stringify([...later]),
    now + lease.leaseMs,
    reader,
  );
  count(file, "notifications", { target: reader, result: "sent" }, sent);
  count(file, "notifications", { target: reader, result: "refused" }, refused);
  return true;
}

export function listReaders(file: SqliteFile): ReaderState[] {
  return file.all<ReaderState>(
    `select name as reader, seq as upTo, lease_until as leaseUntil,
       (select at from event where event.seq > reader.seq order by event.seq limit 1) as behindSince
     from reader order by name`,
  );
}

interface Row extends BuildKey {
  readonly seq: number;
  readonly at: number;
  readonly detail: string;
  readonly build: number | null;
  readonly spec: string | null;
  readonly losses: number;
  readonly queued_at: number;
  readonly worker: string | null;
}

function listFrom(file: SqliteFile, after: number): UnreadEvent[] {
  const rows = file.all<Row>(
    `select seq, at, target, arch, pkgbase, detail, json_extract(detail, '$.build') as build,
       coalesce(build.spec, finished.spec) as spec, coalesce(build.losses, finished.losses) as losses,
       coalesce(build.queued_at, finished.queued_at) as queued_at, coalesce(build.worker, finished.worker) as worker
     from event join package on package.id = event.package
       left join build on build.id = json_extract(detail, '$.build')
       left join finished on finished.id = json_extract(detail, '$.build')
     where seq > ? order by seq limit ${batch}`,
    after,
  );
  return rows.map(
    ({ seq, at, target, arch, pkgbase, detail, build: id, spec, losses, queued_at, worker }) => {
      const key = { target, arch, pkgbase };
      const build: EventBuild | undefined =
        id === null || spec === null
          ? undefined
          : { ...toBuild({ ...key, id, spec, losses, queued_at }), worker };
      return { event: { seq, at, ...key, ...(JSON.parse(detail) as QueueEventDetail) }, build };
    },
  );
}
