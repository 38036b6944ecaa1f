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

test("AURCache's packages are read from its database", async () => {
  const path = join(folder, "aurcache.db");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, status INTEGER)");
  database.exec("INSERT INTO packages (name, status) VALUES ('paru', 1), ('btdu', 2)");
  database.close();
  expect(await readAurcache(path)).toEqual(["btdu", "paru"]);
});

test("what isn't AURCache's database is an error that says so", async () => {
  const path = join(folder, "other.db");
  writeFileSync(path, "no database");
  await expect(readAurcache(path)).rejects.toThrow("isn't AURCache's database");
  await expect(readAurcache(join(folder, "missing.db"))).rejects.toThrow("isn't AURCache's database");
});
