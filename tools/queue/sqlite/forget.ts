import type { SqliteFile } from "./sqlite-file.ts";

/** Forgets what is older than that; old events come first, so this reads no more than it deletes. */
export function forgetOld(file: SqliteFile, before: number): void {
  file.run(
    "delete from event where seq < (select seq from event where at >= ? order by seq limit 1)",
    before,
  );
  file.run(
    `delete from finished where finished_at < ? and exists
       (select 1 from finished as later
        where later.package = finished.package and later.outcome = finished.outcome and later.id > finished.id)`,
    before,
  );
}
