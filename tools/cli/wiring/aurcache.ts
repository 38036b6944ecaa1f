import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";

/** The packages that an AURCache builds. */
export interface AurcachePackages {
  /** Those of the AUR, sorted. */
  readonly names: readonly string[];
  /** Those from a Git repository or an upload: a package of the AUR with that name is another one. */
  readonly elsewhere: readonly string[];
}

/** More than any of them has. */
const most = 100_000;

/**
 * Reads AURCache's database, and writes nothing to it. The file may be anybody's: a table is read, never a view or a
 * column that would have to be computed.
 *
 * @param path of its SQLite file
 * @throws SluiceError `aurcache`
 */
export async function readAurcache(path: string): Promise<AurcachePackages> {
  const { DatabaseSync } = await import("@photostructure/sqlite");
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const all = (statement: string): Record<string, unknown>[] =>
        database.prepare(statement).all() as never;
      const columns = storedColumns(all);
      if (!columns.has("name")) throw new Error("no stored column `name` in a table `packages`");
      // Older ones build packages of the AUR alone.
      const source = columns.has("source_type") ? "source_type" : "'aur'";
      const rows = all(
        `SELECT name, ${source} AS source FROM packages WHERE length(name) < 256 LIMIT ${most}`,
      );
      if (rows.length === 0) throw new Error("no rows in the table `packages`");
      const named = (isWanted: (source: unknown) => boolean): string[] =>
        rows.flatMap((row) => (isWanted(row["source"]) && isName(row["name"]) ? [row["name"]] : [])).sort();
      return { names: named((from) => from === "aur"), elsewhere: named((from) => from !== "aur") };
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new SluiceError("aurcache", `${path} isn't AURCache's database: it has no packages with names`, {
      hint: "Name its SQLite file. Of AURCache on PostgreSQL, export the names and use --from-list.",
      facts: { path },
      cause,
    });
  }
}

function storedColumns(all: (statement: string) => Record<string, unknown>[]): ReadonlySet<unknown> {
  const [table] = all("SELECT type, sql FROM sqlite_schema WHERE name = 'packages'");
  if (table?.["type"] !== "table" || !/^CREATE TABLE\b/i.test(String(table["sql"]))) return new Set();
  const columns = all("SELECT name, hidden FROM pragma_table_xinfo('packages')");
  return new Set(columns.flatMap(({ name, hidden }) => (hidden === 0 ? [name] : [])));
}

function isName(text: unknown): text is string {
  return typeof text === "string" && isPkgbase(text);
}
