import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { parseDatabase, type DatabaseEntry } from "../alpm/database.ts";
import { SluiceError, systemCode } from "../errors.ts";
import { run } from "../system/run.ts";

/**
 * The packages that a database file (`core.db`, `chaotic.files`, in any compression) names. Plain and
 * gzip-compressed ones are read in this process, others go through bsdtar.
 *
 * @throws SluiceError `database-missing`, `database-unreadable`, or `program-missing` without bsdtar.
 */
export async function readDatabase(path: string): Promise<DatabaseEntry[]> {
  try {
    return parseDatabase(await decompress(await readFile(path)));
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      throw new SluiceError("database-missing", `There is no database ${path}.`, { facts: { path } });
    }
    if (error instanceof SluiceError && error.code === "program-missing") throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("database-unreadable", `The database ${path} can't be read: ${why}`, {
      facts: { path },
      hint: "Fetch it again, or rebuild it with repo-add.",
      cause: error,
    });
  }
}

async function decompress(archive: Buffer): Promise<Uint8Array> {
  if (archive[0] === 0x1f && archive[1] === 0x8b) return promisify(gunzip)(archive);
  const plain =
    archive.subarray(257, 262).toString("latin1") === "ustar" || archive.every((byte) => byte === 0);
  return plain ? archive : run("bsdtar", ["-cf", "-", "@-"], { input: archive });
}
