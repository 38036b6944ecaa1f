import { existsSync } from "node:fs";
import { link, readlink, rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import glob from "fast-glob";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { durably } from "../../steps.ts";
import { flush } from "../../system/flush.ts";
import { readDatabase } from "../database-file.ts";
import { readPackageEntry } from "../package-entry.ts";
import { keyringName } from "../publishing/keyring-package.ts";
import type { VerifiedPackage } from "../publishing/plan-publish.ts";
import { replaceSnapshot } from "../publishing/replace-snapshot.ts";
import { deleteDamagedFile, renewKeyring } from "../publishing/rotate-key.ts";
import { inTransaction, whileLocked } from "../publishing/transaction.ts";
import { folderOf, type Repository } from "../repository.ts";
import { publishedKeys, readNeeds, readRecords, readSnapshot, type Snapshot } from "../snapshot.ts";
import { sha256Of } from "../../system/digest.ts";
import { checkPublished, type Damage } from "./check.ts";
import { withVerifier, type Verify } from "./signatures.ts";

/** Damage, and what became of it. */
export interface Repaired extends Damage {
  /** `restored`: it is as it was. `lost`: the package has to be built again. `deleted`: nobody needs it. */
  readonly outcome: "restored" | "lost" | "deleted";
}

/**
 * Looks at the published files as `checkPublished` does, and puts back what can be: databases are made again from the
 * packages, and right packages are signed again. Damaged packages are deleted, so that nobody gets them; those
 * that the database names are to be built again.
 */
export async function repairPublished(
  repository: Repository,
  { whole, now }: { readonly whole: boolean; readonly now: Date },
): Promise<readonly Repaired[]> {
  const repaired: Repaired[] = [];
  let damage = await checkPublished(repository, { whole, now });
  if (damage.some(({ kind }) => kind === "database")) {
    const lost = await restoreDatabases(repository, now);
    repaired.push(...damage.map((one) => ({ ...one, outcome: "restored" as const })));
    repaired.push(...lost.map((one) => ({ ...one, outcome: "lost" as const })));
    damage = await checkPublished(repository, { whole, now });
  }
  const of = (kind: Damage["kind"]): readonly Damage[] => damage.filter((one) => one.kind === kind);
  await signAgain(repository, of("signature"), now);
  repaired.push(...of("signature").map((one) => ({ ...one, outcome: "restored" as const })));
  const keyring = keyringName(repository.name);
  for (const one of of("package")) {
    await deleteDamaged(repository, one);
    // No recipe makes it, unless the workspace has one of its own.
    const isOurs = one.pkgbase === keyring && !(await readSnapshot(repository))?.madeFrom.has(keyring);
    if (isOurs) await renewKeyring(repository, now);
    repaired.push({ ...one, outcome: isOurs ? "restored" : "lost" });
  }
  for (const one of of("kept")) {
    await deleteDamaged(repository, one);
    repaired.push({ ...one, outcome: "deleted" });
  }
  return repaired;
}

/** What the database names, or named, is right, so it may be signed. */
async function signAgain(repository: Repository, damage: readonly Damage[], now: Date): Promise<void> {
  if (damage.length === 0) return;
  await inTransaction(repository, now, async ({ paths, signer, staging, published }) => {
    const sums = published ? checksums(published) : new Map<string, string>();
    for (const { path } of damage) {
      const filename = path.slice(0, -".sig".length);
      const copy = join(staging, filename);
      await link(join(paths.folder, filename), copy).catch(() => undefined);
      // It may have changed, or been deleted as an old one, since it was looked at.
      if ((await sha256Of(copy).catch(() => "")) !== sums.get(filename)) continue;
      await signer.sign([copy]);
      await flush(`${copy}.sig`);
      await durably(repository.checkpoint, "signature replaced", () =>
        rename(`${copy}.sig`, join(paths.folder, path)),
      );
    }
    await flush(paths.folder);
  });
}

/** By file name, of all that are published or kept. */
function checksums({ entries, retired }: Pick<Snapshot, "entries" | "retired">): Map<string, string> {
  const files = [...entries, ...[...retired].map(([filename, { sha256 }]) => ({ filename, sha256 }))];
  return new Map(files.map(({ filename, sha256 }) => [filename, sha256]));
}

function deleteDamaged(repository: Repository, { path }: Damage): Promise<void> {
  return whileLocked(repository, async ({ folder }) => {
    const file = join(folder, path);
    const sha256 = checksums((await readSnapshot(repository))!).get(path);
    // Somebody may have published it meanwhile.
    if (sha256 === undefined || (await sha256Of(file).catch(() => "")) === sha256) return;
    await deleteDamagedFile(repository, file);
    await flush(folder);
  });
}

/**
 * Makes both databases again: of the packages that the one names which is right, else of all that are there with a
 * right signature and haven't left the database.
 *
 * @returns the packages that a database names and that aren't right; the new databases don't name them
 */
async function restoreDatabases(repository: Repository, now: Date): Promise<readonly Damage[]> {
  const { folder, current, databases } = folderOf(repository);
  const snapshot = join(databases, await readlink(current));
  const keys = await publishedKeys(repository);
  if (!keys) return [];
  const retired = await readRecords<{ since: string; sha256: string }>(join(snapshot, "retired.json"));
  const { add, lost } = await withVerifier(keys.signs, async (verify) => {
    const named = await namedByDatabase(repository, snapshot, verify);
    return named ?? { add: await newestSigned(folder, retired, verify), lost: [] };
  });
  const published = {
    number: Number(basename(snapshot)),
    folder: snapshot,
    entries: [],
    madeFrom: await readRecords<never>(join(snapshot, "made-from.json")),
    retired,
    keys,
    needs: () => readNeeds(snapshot),
    time: (await stat(snapshot)).mtime,
  };
  await inTransaction(
    repository,
    now,
    (transaction) =>
      replaceSnapshot(transaction, { add, remove: [], madeFrom: published.madeFrom, anew: true }),
    { published },
  );
  return lost;
}

/** Undefined where neither database is right. */
async function namedByDatabase(
  repository: Repository,
  snapshot: string,
  verify: Verify,
): Promise<{ readonly add: VerifiedPackage[]; readonly lost: Damage[] } | undefined> {
  const { folder, database, files } = folderOf(repository);
  for (const name of [database, files]) {
    const file = join(snapshot, name);
    if (!existsSync(file) || !(await verify(file))) continue;
    const add: VerifiedPackage[] = [];
    const lost: Damage[] = [];
    for (const { name: pkgname, base: pkgbase, filename, sha256 } of await readDatabase(file)) {
      const path = join(folder, filename);
      if ((await sha256Of(path).catch(() => "")) === sha256) add.push({ pkgname, path, filename, sha256 });
      else
        lost.push({ kind: "package", path: filename, pkgbase, problem: "has other content or is missing" });
    }
    return { add, lost };
  }
  return undefined;
}

async function newestSigned(
  folder: string,
  retired: ReadonlyMap<string, unknown>,
  verify: Verify,
): Promise<VerifiedPackage[]> {
  const newest = new Map<string, DatabaseEntry>();
  for (const filename of await glob(["*.pkg.tar", "*.pkg.tar.*"], { cwd: folder, ignore: ["*.sig"] })) {
    const path = join(folder, filename);
    if (retired.has(filename) || !existsSync(`${path}.sig`) || !(await verify(path))) continue;
    const entry = await readPackageEntry(path);
    const other = newest.get(entry.name);
    if (!other || vercmp(entry.version, other.version) > 0) newest.set(entry.name, entry);
  }
  const right: VerifiedPackage[] = [];
  for (const { name: pkgname, filename } of newest.values()) {
    const path = join(folder, filename);
    right.push({ pkgname, path, filename, sha256: await sha256Of(path) });
  }
  return right;
}
