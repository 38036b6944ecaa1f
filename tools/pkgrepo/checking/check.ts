import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { inParallel } from "../../system/in-parallel.ts";
import { sha256Of } from "../../system/digest.ts";
import { folderOf, type Repository } from "../repository.ts";
import { publishedKeys, readSnapshot } from "../snapshot.ts";
import { readCheckRecord, sizeAndTime, writeCheckRecord, type CheckRecord } from "./check-record.ts";
import { withVerifier, type Verify } from "./signatures.ts";

/** A published file that isn't what it was when it was published. */
export interface Damage {
  /**
   * `package`: its content is lost. `kept`: so is that of a package that no database names any more. `signature`: the
   * package is right. `database`: so are packages.
   */
  readonly kind: "package" | "kept" | "signature" | "database";
  /** Path below the repository's folder. */
  readonly path: string;
  /** Of a package or its signature. */
  readonly pkgbase?: string;
  /** Such as `is missing`. */
  readonly problem: string;
}

type Where = Pick<Repository, "root" | "name" | "arch">;

const wholeEveryMs = 24 * 3600_000;

/** Whether everything has to be read again. */
export async function isWholeCheckDue(where: Where, now: Date): Promise<boolean> {
  const { whole } = await readCheckRecord(folderOf(where).folder);
  return whole === undefined || Date.parse(whole) + wholeEveryMs <= now.getTime();
}

/**
 * Looks whether the published files are what they were: by size and time, and the content and signature of those that
 * differ in that from what was found good before; `whole`: of all. What is damaged is found each time, until it is
 * repaired. Files that are kept after they left the database belong to them, unless they are gone. Where a database is damaged, packages aren't looked
 * at, since it is what says how they have to be.
 *
 * @returns nothing where nothing is published
 */
export async function checkPublished(
  where: Where,
  { whole, now }: { readonly whole: boolean; readonly now: Date },
): Promise<readonly Damage[]> {
  const keys = await publishedKeys(where);
  if (!keys) return [];
  const { folder } = folderOf(where);
  const before = await readCheckRecord(folder);
  const seen: Record<string, CheckRecord["files"][string]> = {};
  const { fingerprint } = keys.signs;

  return withVerifier(keys.signs, async (verify) => {
    /** Whether the file is good, by `look` where size and time don't say that it is. */
    async function isGood(path: string, digest: string, look: () => Promise<boolean>): Promise<boolean> {
      const found = await sizeAndTime(join(folder, path));
      const known = before.files[path];
      const unchanged =
        found && known?.size === found.size && known.mtimeMs === found.mtimeMs && known.digest === digest;
      if (!found || ((whole || !unchanged) && !(await look()))) return false;
      seen[path] = { ...found, digest };
      return true;
    }
    const current = join("databases", await readlink(folderOf(where).current));
    const databases = await checkDatabases(where, current, fingerprint, verify, isGood);
    const damage = databases.length > 0 ? databases : await checkPackages(where, fingerprint, verify, isGood);
    const wholeTime = whole ? now.toISOString() : before.whole;
    await writeCheckRecord(folder, { ...(wholeTime && { whole: wholeTime }), files: seen });
    return damage;
  });
}

type IsGood = (path: string, digest: string, look: () => Promise<boolean>) => Promise<boolean>;

async function checkDatabases(
  where: Where,
  current: string,
  fingerprint: string,
  verify: Verify,
  isGood: IsGood,
): Promise<Damage[]> {
  const { folder, database, files } = folderOf(where);
  const damage: Damage[] = [];
  for (const name of [database, files]) {
    const path = join(current, name);
    const look = (): Promise<boolean> => verify(join(folder, path));
    const good = (await isGood(path, fingerprint, look)) && (await isGood(`${path}.sig`, fingerprint, look));
    if (!good) damage.push({ kind: "database", path, problem: await problemOf(join(folder, path)) });
  }
  return damage;
}

async function problemOf(file: string): Promise<string> {
  if (!(await sizeAndTime(file))) return "is missing";
  return (await sizeAndTime(`${file}.sig`)) ? "and its signature don't belong together" : "has no signature";
}

async function checkPackages(
  where: Where,
  fingerprint: string,
  verify: Verify,
  isGood: IsGood,
): Promise<Damage[]> {
  const { folder } = folderOf(where);
  const { entries, retired } = (await readSnapshot(where))!;
  const named = entries.map(({ filename: path, base: pkgbase, sha256 }) => ({ path, pkgbase, sha256 }));
  const kept = [...retired].map(([path, { sha256 }]) => ({ path, pkgbase: undefined, sha256 }));
  const found = await inParallel([...named, ...kept], 4, async (file): Promise<Damage[]> => {
    const { path, sha256 } = file;
    const pkgbase = file.pkgbase === undefined ? {} : { pkgbase: file.pkgbase };
    const hasContent = await isGood(path, sha256, () => isContent(join(folder, path), sha256));
    if (!hasContent) {
      const isThere = (await sizeAndTime(join(folder, path))) !== undefined;
      if (file.pkgbase !== undefined) {
        return [{ kind: "package", path, ...pkgbase, problem: isThere ? "has other content" : "is missing" }];
      }
      // It is deleted sooner or later anyway.
      return isThere ? [{ kind: "kept", path, problem: "has other content, and is an old version" }] : [];
    }
    const isSigned = await isGood(`${path}.sig`, fingerprint, () => verify(join(folder, path)));
    if (isSigned) return [];
    const problem = (await sizeAndTime(join(folder, `${path}.sig`)))
      ? "isn't one of the package"
      : "is missing";
    return [{ kind: "signature", path: `${path}.sig`, ...pkgbase, problem }];
  });
  return found.flat();
}

/** A file that can't be read is as good as none. */
async function isContent(file: string, sha256: string): Promise<boolean> {
  return (await sha256Of(file).catch(() => "")) === sha256;
}
