import { createHash } from "node:crypto";
import { readFile, readlink, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseEntry } from "../alpm/database.ts";
import { parseNeeds, type PackageRecord } from "../binaries/record.ts";
import { SluiceError, systemCode } from "../errors.ts";
import { readDatabase } from "./database-file.ts";
import { readKeyRecord, type KeyRecord } from "./keys.ts";
import { folderOf, type Repository } from "./repository.ts";

/** What a pkgbase's published packages were made from: what main said when they were scheduled. */
export interface MadeFrom {
  readonly commit: string;
  /** What can change the packages, as one hash; undefined in records of earlier releases. */
  readonly inputs?: string;
  /** All files of the recipe's folder in that commit, as one hash. */
  readonly recipeTree: string;
  /** CI_PACKAGE_BUMP as it was applied, null where there was none. */
  readonly bump: string | null;
  /** For each VCS source the commit that was built. */
  readonly vcs: Readonly<Record<string, string>>;
}

/** As recorded: with the pkgnames that the recipe declared. */
export interface MadeFromRecord extends MadeFrom {
  readonly pkgnames: readonly string[];
  /** When these very packages were published, ISO 8601; undefined in records of earlier releases. */
  readonly publishedAt?: string;
}

/** A package file that no database names any more. */
export interface RetiredFile {
  /** When it left the database, ISO 8601. */
  readonly since: string;
  readonly sha256: string;
  /** What it was when it left; undefined in records of earlier releases. */
  readonly was?: { readonly pkgbase: string; readonly version: string; readonly madeFrom: MadeFromRecord };
}

/** One published state, read as a whole. */
export interface Snapshot {
  readonly number: number;
  readonly folder: string;
  readonly entries: readonly DatabaseEntry[];
  /** By pkgbase. */
  readonly madeFrom: ReadonlyMap<string, MadeFromRecord>;
  /** By file name. */
  readonly retired: ReadonlyMap<string, RetiredFile>;
  /** Undefined where a version that kept no record published it, and the public key is gone. */
  readonly keys: KeyRecord | undefined;
  /** By file name; without packages that were published before this was kept. Large, so it is read when it is asked for. */
  readonly needs: () => Promise<ReadonlyMap<string, PackageRecord>>;
  /** The database's time, as clients see it. */
  readonly time: Date;
}

export const needsFile = "needs.json";

type Where = Pick<Repository, "root" | "name" | "arch">;

/** The state that readers see now, or undefined before the first publish. */
export async function readSnapshot(where: Where): Promise<Snapshot | undefined> {
  const folder = await currentFolder(where);
  return folder === undefined ? undefined : readFolder(where, folder);
}

/**
 * Reads the same, and parses it again only when a file of it has changed: for whoever asks before each of many builds.
 */
export function snapshotReader(where: Where): () => Promise<Snapshot | undefined> {
  let last: { readonly version: string; readonly snapshot: Promise<Snapshot> } | undefined;
  return async () => {
    const folder = await currentFolder(where);
    if (folder === undefined) return undefined;
    const { database, publicKey } = folderOf(where);
    const names = [database, "made-from.json", "retired.json", "keys.json"];
    const files = [...names.map((name) => join(folder, name)), publicKey];
    const version = [folder, ...(await Promise.all(files.map(fileVersion)))].join("\n");
    if (last?.version !== version) {
      const snapshot = readFolder(where, folder);
      last = { version, snapshot };
      snapshot.catch(() => (last = undefined));
    }
    return last.snapshot;
  };
}

/** Which file it is, and when it was written. */
async function fileVersion(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.mtimeNs} ${found.size}` : "";
}

async function readFolder(where: Where, folder: string): Promise<Snapshot> {
  const database = join(folder, folderOf(where).database);
  return {
    number: Number(folder.slice(folder.lastIndexOf("/") + 1)),
    folder,
    entries: await readDatabase(database),
    madeFrom: await readRecords<MadeFromRecord>(join(folder, "made-from.json")),
    retired: await readRecords<RetiredFile>(join(folder, "retired.json")),
    keys: await readKeyRecord(folder, folderOf(where).publicKey),
    needs: () => readNeeds(folder),
    time: (await stat(database)).mtime,
  };
}

/** The version of a package, and those of its files that are still kept though no database names them. */
export function versionsOf(
  { entries, retired }: Pick<Snapshot, "entries" | "retired">,
  pkgbase: string,
): { readonly published: string | undefined; readonly kept: readonly string[] } {
  const kept = [...retired.values()].flatMap(({ was }) => (was?.pkgbase === pkgbase ? [was.version] : []));
  return { published: entries.find(({ base }) => base === pkgbase)?.version, kept };
}

/** Which published state readers see now: grows with each change. Undefined before the first publish. */
export async function snapshotNumber(where: Where): Promise<number | undefined> {
  const folder = await currentFolder(where);
  return folder === undefined ? undefined : Number(folder.slice(folder.lastIndexOf("/") + 1));
}

/** The published packages; none before the first publish. */
export async function publishedPackages(where: Where): Promise<readonly DatabaseEntry[]> {
  const folder = await currentFolder(where);
  return folder === undefined ? [] : readDatabase(join(folder, folderOf(where).database));
}

/** What every published pkgbase was made from: one file, so that thousands are compared at once. */
export async function madeFrom(where: Where): Promise<ReadonlyMap<string, MadeFromRecord>> {
  const folder = await currentFolder(where);
  return folder === undefined ? new Map() : readRecords(join(folder, "made-from.json"));
}

/** What every published package needs and gives, by file name. */
export async function publishedNeeds(where: Where): Promise<ReadonlyMap<string, PackageRecord>> {
  const folder = await currentFolder(where);
  return folder === undefined ? new Map() : readNeeds(folder);
}

/** The same for who may have seen it before, as a whole: with a digest of the text, and undefined unless it is complete. */
export async function needsText(where: Where): Promise<NeedsText | undefined> {
  const folder = await currentFolder(where);
  const path = folder === undefined ? "" : join(folder, needsFile);
  if (!existsSync(path)) return undefined;
  const bytes = await readFile(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { digest, records: async () => completeRecords(bytes, path) };
}

interface NeedsText {
  readonly digest: string;
  readonly records: () => Promise<readonly PackageRecord[] | undefined>;
}

function completeRecords(bytes: Buffer, path: string): readonly PackageRecord[] | undefined {
  try {
    const { complete, packages } = parseNeeds(bytes);
    return complete ? packages : undefined;
  } catch (cause) {
    throw new SluiceError("needs-unreadable", `${path} is damaged`, {
      hint: "`sluice up` makes it anew of the packages. Until then nothing is rebuilt because of what is gone.",
      facts: { path },
      exitCode: 1,
      cause,
    });
  }
}

/** Earlier releases kept no such file; what is damaged is read of the packages again, as what isn't there. */
export async function readNeeds(folder: string): Promise<ReadonlyMap<string, PackageRecord>> {
  const path = join(folder, needsFile);
  if (!existsSync(path)) return new Map();
  try {
    const text = await readFile(path, "utf8");
    const { packages } = JSON.parse(text) as { packages: Record<string, PackageRecord> };
    return new Map(Object.entries(packages));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return new Map();
    throw error;
  }
}

/** Who signed what is published; undefined before the first publish. */
export async function publishedKeys(where: Where): Promise<KeyRecord | undefined> {
  const folder = await currentFolder(where);
  return folder === undefined ? undefined : readKeyRecord(folder, folderOf(where).publicKey);
}

/** The link is followed once, so that what is read next belongs together. */
async function currentFolder(where: Where): Promise<string | undefined> {
  const { databases, current } = folderOf(where);
  try {
    return join(databases, await readlink(current));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export async function readRecords<T>(path: string): Promise<Map<string, T>> {
  return new Map(Object.entries(await readJson<Record<string, T>>(path)));
}

async function readJson<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch (error) {
    throw new SluiceError("snapshot-damaged", `${path} can't be read.`, {
      facts: { path },
      hint: "Point the link databases/current back at an older snapshot, or restore the folder from a backup.",
      cause: error,
    });
  }
}
