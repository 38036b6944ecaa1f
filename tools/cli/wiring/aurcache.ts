import { SluiceError } from "../../errors.ts";

/**
 * The names of the packages that an AURCache builds. Its database is only read.
 *
 * @param path of its SQLite file
 * @throws SluiceError `aurcache`
 */
export async function readAurcache(path: string): Promise<string[]> {
  const { DatabaseSync } = await import("@photostructure/sqlite");
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("SELECT name FROM packages ORDER BY name").all() as { name: unknown }[];
      return rows.flatMap(({ name }) => (typeof name === "string" ? [name] : []));
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
