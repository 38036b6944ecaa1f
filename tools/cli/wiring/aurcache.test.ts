import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DatabaseSync } from "@photostructure/sqlite";
import { readAurcache } from "./aurcache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-aurcache-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param schema what the file consists of */
function written(schema: string): string {
  const path = join(folder, "aurcache.db");
  const database = new DatabaseSync(path);
  database.exec(schema);
  database.close();
  return path;
}

test("AURCache's packages are read from its database", async () => {
  const path = written(
    `CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, status INTEGER);
     INSERT INTO packages (name, status) VALUES ('paru', 1), ('btdu', 2), ('../x', 1), ('-rf', 1), (x'00', 1);`,
  );
  expect(await readAurcache(path)).toEqual({ names: ["btdu", "paru"], elsewhere: [] });
});

test("what it builds from a Git repository isn't taken for the AUR's package of that name", async () => {
  const path = written(
    `CREATE TABLE packages (name TEXT, source_type TEXT DEFAULT 'aur' NOT NULL, source_data TEXT);
     INSERT INTO packages VALUES ('paru', 'aur', '{}'), ('mine', 'git', '{}'), ('other', 'upload', '{}');`,
  );
  expect(await readAurcache(path)).toEqual({ names: ["paru"], elsewhere: ["mine", "other"] });
});

const endless =
  "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'a' || x AS name FROM n";
test.each([
  `CREATE VIEW packages AS ${endless}`,
  "CREATE TABLE packages (id INT, name TEXT AS (hex(zeroblob(99)))); INSERT INTO packages VALUES (1)",
  "CREATE TABLE packages (other TEXT)",
  "CREATE TABLE packages (name TEXT)",
])("a file that would have to be computed, or says nothing, is refused: %s", async (schema) => {
  await expect(readAurcache(written(schema))).rejects.toThrow("isn't AURCache's database");
});

test("what isn't AURCache's database is an error that says so", async () => {
  const path = join(folder, "other.db");
  writeFileSync(path, "no database");
  await expect(readAurcache(path)).rejects.toThrow("isn't AURCache's database");
  await expect(readAurcache(join(folder, "missing.db"))).rejects.toThrow("isn't AURCache's database");
});
