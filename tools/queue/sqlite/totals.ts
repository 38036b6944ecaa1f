import { durationBuckets, type Total } from "../event-readers.ts";
import type { SqliteFile } from "./sqlite-file.ts";

/** More kinds of labels than this are no kinds any more: who writes recipes chooses the classes. */
const mostLabels = 500;

/** Adds to a count, in the transaction of what is counted. */
export function count(
  file: SqliteFile,
  name: string,
  labels: Readonly<Record<string, string>>,
  by = 1,
): void {
  if (by === 0) return;
  const text = JSON.stringify(labels);
  const sql = "update total set value = value + ? where name = ? and labels = ? returning 1";
  if (file.get(sql, by, name, text)) return;
  const { kinds } = file.get<{ kinds: number }>("select count(*) as kinds from total where name = ?", name)!;
  const kept = kinds < mostLabels ? text : JSON.stringify({ ...labels, class: "other" });
  file.run(
    `insert into total (name, labels, value) values (?, ?, ?)
     on conflict do update set value = value + excluded.value`,
    name,
    kept,
    by,
  );
}

/** Adds a duration to a histogram. */
export function observe(file: SqliteFile, name: string, ms: number): void {
  const seconds = Math.max(0, ms) / 1000;
  const le = durationBuckets.find((bucket) => seconds <= bucket);
  count(file, `${name}_bucket`, { le: le === undefined ? "+Inf" : String(le) });
  count(file, `${name}_sum`, {}, seconds);
}

export function listTotals(file: SqliteFile): Total[] {
  const rows = file.all<{ name: string; labels: string; value: number }>(
    "select name, labels, value from total order by name, labels",
  );
  const totals = rows.map((row) => ({
    ...row,
    labels: JSON.parse(row.labels) as Total["labels"],
  }));
  return totals;
}
