import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { missingPrograms } from "../../test/world/programs.ts";
import { storeZstd, writeTar } from "../../test/world/tar.ts";
import { readDatabase } from "./database-file.ts";

const home = mkdtempSync(join(tmpdir(), "sluice-database-"));
afterAll(() => rmSync(home, { recursive: true }));
const file = join(home, "core.db");
const tar = writeTar({ "a-1-1/desc": "%NAME%\na\n\n%VERSION%\n1-1\n\n%FILENAME%\na-1-1-any.pkg.tar.zst\n" });

const compressions: [string, readonly string[], () => Buffer][] = [
  ["plain", [], () => tar],
  ["gzip", [], () => gzipSync(tar)],
  ["zstd", ["bsdtar"], () => storeZstd(tar)],
  ["xz", ["bsdtar", "xz"], () => execFileSync("xz", ["-c"], { input: tar })],
  ["bzip2", ["bsdtar", "bzip2"], () => execFileSync("bzip2", ["-c"], { input: tar })],
];

for (const [compression, programs, compress] of compressions) {
  const missing = missingPrograms(...programs);
  test.skipIf(missing.length > 0)(`a ${compression} database is read`, async () => {
    writeFileSync(file, compress());
    expect(await readDatabase(file)).toMatchObject([{ name: "a", version: "1-1" }]);
  });
}

test("an empty repository's database has no packages", async () => {
  writeFileSync(file, gzipSync(Buffer.alloc(10_240)));
  expect(await readDatabase(file)).toEqual([]);
});

test("a zstd database without bsdtar names the program that is missing", async () => {
  writeFileSync(file, storeZstd(tar));
  const path = process.env.PATH;
  process.env.PATH = home;
  await expect(readDatabase(file).finally(() => (process.env.PATH = path))).rejects.toMatchObject({
    code: "program-missing",
    facts: { program: "bsdtar" },
  });
});

test.each([
  ["cut off", gzipSync(tar).subarray(0, 60)],
  ["not a database", Buffer.from("<html>404</html>")],
])("a database that is %s is called unreadable, with its path", async (_, bytes) => {
  writeFileSync(file, bytes);
  await expect(readDatabase(file)).rejects.toMatchObject({
    code: "database-unreadable",
    facts: { path: file },
  });
});

test("a database that isn't there is called missing", async () => {
  await expect(readDatabase(join(home, "extra.db"))).rejects.toMatchObject({ code: "database-missing" });
});
