import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../errors.ts";

/** What was found good, and when: a file of the same size and time isn't read again until the next whole check. */
export interface CheckRecord {
  /** When everything was read last, ISO 8601. */
  readonly whole?: string;
  /** By path below the repository's folder. */
  readonly files: Readonly<Record<string, Seen>>;
}

interface Seen {
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  /** SHA-256 of what was read; of signatures and databases the key that they are by. */
  readonly digest: string;
}

const name = ".checked.json";

/** A record that can't be read is none: then everything is read. */
export async function readCheckRecord(folder: string): Promise<CheckRecord> {
  try {
    const record = JSON.parse(await readFile(join(folder, name), "utf8")) as CheckRecord;
    return typeof record.files === "object" && record.files !== null ? record : { files: {} };
  } catch (error) {
    if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return { files: {} };
    throw error;
  }
}

export async function writeCheckRecord(folder: string, record: CheckRecord): Promise<void> {
  const fresh = join(folder, `${name}.new`);
  await writeFile(fresh, JSON.stringify(record));
  await rename(fresh, join(folder, name));
}

/** Size and time; undefined where there is no such file. */
export async function sizeAndTime(path: string): Promise<Omit<Seen, "digest"> | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    // Whole milliseconds, as copies keep them.
    return { size, mtimeMs: Math.trunc(mtimeMs) };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
