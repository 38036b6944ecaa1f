import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { formatNeeds, type PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import { readDatabase } from "../database-file.ts";
import { flush } from "../../system/flush.ts";
import type { Change } from "./change.ts";
import { mergeDatabases } from "./merge-databases.ts";
import type { Repository, RepositoryFolder } from "../repository.ts";
import { needsFile, type RetiredFile, type Snapshot } from "../snapshot.ts";
import { durably } from "../../steps.ts";
import type { Transaction } from "./transaction.ts";

/** For how long a superseded snapshot stays, for readers that have its database and want its signature. */
const graceMilliseconds = 10 * 60 * 1000;

/** Makes the next snapshot in the staging folder, and switches to it. Nothing happens without a change. */
export async function replaceSnapshot(transaction: Transaction, change: Change): Promise<void> {
  const { repository, paths, lock, staging, published, now } = transaction;
  const { checkpoint } = repository;
  if (published && !changes(published, change)) return;

  const staged = join(staging, "snapshot");
  await mkdir(staged);
  await chmod(staged, 0o755);
  await stageDatabases(transaction, change, staged);
  await stageRecords(transaction, change, staged);
  for (const name of await readdir(staged)) await flush(join(staged, name));
  await flush(staged);

  const next = String(Math.max(0, ...(await snapshotNumbers(paths))) + 1);
  await durably(checkpoint, "snapshot placed", () => rename(staged, join(paths.databases, next)));
  await linkNames(transaction);
  await flush(paths.databases);
  await flush(paths.folder);
  const link = join(staging, "current");
  await symlink(next, link);
  lock.check();
  if (published) await utimes(published.folder, now, now);
  await durably(checkpoint, "database switched", () => rename(link, paths.current));
  await flush(paths.databases);
  await deleteOldSnapshots(repository, paths, now);
}

function changes(published: Snapshot, { add, remove, madeFrom, needs, keys, anew }: Change): boolean {
  if (anew || (needs && needs.size > 0)) return true;
  if (keys && !isDeepStrictEqual(published.keys, keys)) return true;
  return add.length + remove.length > 0 || !isDeepStrictEqual(published.madeFrom, madeFrom);
}

async function stageDatabases(transaction: Transaction, change: Change, staged: string): Promise<void> {
  const { paths, signer, published, now } = transaction;
  const both = [paths.database, paths.files];
  const signatures = both.map((name) => `${name}.sig`);
  const place = (name: string): string => join(staged, name);
  const sameKey = !change.keys || change.keys.signs.fingerprint === published?.keys?.signs.fingerprint;
  const untouched = published && sameKey && !change.anew && change.add.length + change.remove.length === 0;
  if (untouched) {
    for (const name of [...both, ...signatures]) await copyFile(join(published.folder, name), place(name));
  } else {
    await mergeDatabases(transaction, change, staged);
    await checkResult(published, change, place(paths.database));
    await signer.sign(both.map(place));
  }
  const time = untouched ? published.time : laterThan(published?.time, now);
  for (const name of [...both, ...signatures]) {
    await chmod(place(name), 0o644);
    await utimes(place(name), time, time);
  }
}

/** What was written is only published if it is what was asked for, to the last package. */
async function checkResult(published: Snapshot | undefined, change: Change, database: string): Promise<void> {
  const expected = new Map((published?.entries ?? []).map((entry) => [entry.name, entry.sha256]));
  for (const name of change.remove) expected.delete(name);
  for (const file of change.add) expected.set(file.pkgname, file.sha256);
  const entries = await readDatabase(database);
  const names = new Set(entries.map(({ name }) => name));
  const wrong = entries.filter(({ name, sha256 }) => expected.get(name) !== sha256).map(({ name }) => name);
  const lost = [...expected.keys()].filter((name) => !names.has(name));
  if (wrong.length + lost.length === 0 && entries.length === expected.size) return;
  throw new SluiceError(
    "database-differs",
    "repo-add and bsdtar made another database than they were asked for.",
    {
      facts: { wrong, lost },
      hint: "Nothing was switched. Check that the disk isn't full and that both programs are the distribution's own.",
      exitCode: 1,
    },
  );
}

/**
 * Clients ask with If-Modified-Since, in whole seconds: a second database within one second would never
 * reach those that have the first.
 */
function laterThan(before: Date | undefined, now: Date): Date {
  const second = Math.floor(now.getTime() / 1000);
  return new Date(1000 * (before ? Math.max(second, Math.floor(before.getTime() / 1000) + 1) : second));
}

async function stageRecords(transaction: Transaction, change: Change, staged: string): Promise<void> {
  const retired = retiredFiles(transaction, change, new Set(await readdir(transaction.paths.folder)));
  for (const [name, records] of [
    ["made-from.json", change.madeFrom],
    ["retired.json", retired],
  ] as const) {
    await writeRecord(join(staged, name), sorted<unknown>(records));
  }
  await writeFile(join(staged, needsFile), await needsText(transaction, change), { mode: 0o644 });
  await writeRecord(join(staged, "keys.json"), change.keys ?? transaction.keys);
}

const writeRecord = (path: string, record: object): Promise<void> =>
  writeFile(path, `${JSON.stringify(record, null, 1)}\n`, { mode: 0o644 });

/** Of everything that the database names from now on. */
async function needsText(
  { published }: Transaction,
  { add, remove, needs = new Map() }: Change,
): Promise<string> {
  const replaced = new Set([...remove, ...add.map(({ pkgname }) => pkgname)]);
  const staying = (published?.entries ?? []).filter(({ name }) => !replaced.has(name));
  const before = (await published?.needs()) ?? new Map<string, PackageRecord>();
  const records = new Map<string, PackageRecord | undefined>([
    ...staying.map(({ filename }) => [filename, needs.get(filename) ?? before.get(filename)] as const),
    ...add.map((file) => [file.filename, file.needs ?? before.get(file.filename)] as const),
  ]);
  const known = [...records].flatMap(([filename, record]) => (record ? [[filename, record] as const] : []));
  return formatNeeds(new Map(known), known.length === records.size);
}

/** The files that databases named before and this one doesn't. */
function retiredFiles(
  { published, now }: Transaction,
  { add, remove }: Change,
  onDisk: ReadonlySet<string>,
): Map<string, RetiredFile> {
  const retired = new Map(published?.retired);
  const replaced = new Set([...remove, ...add.map(({ pkgname }) => pkgname)]);
  for (const { name, base, version, filename, sha256 } of published?.entries ?? []) {
    if (!replaced.has(name)) continue;
    const madeFrom = published?.madeFrom.get(base);
    const was = madeFrom && { pkgbase: base, version, madeFrom };
    retired.set(filename, { since: now.toISOString(), sha256, ...(was && { was }) });
  }
  for (const { filename } of add) retired.delete(filename);
  for (const filename of retired.keys()) if (!onDisk.has(filename)) retired.delete(filename);
  return retired;
}

function sorted<T>(records: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The names that clients ask for. They go through databases/current, so they are made once. */
async function linkNames({ repository, paths, staging }: Transaction): Promise<void> {
  const { name, checkpoint } = repository;
  const targets = new Map(["made-from.json", needsFile].map((name) => [name, name]));
  for (const kind of ["db", "files"]) {
    for (const suffix of ["", ".sig"]) {
      const target = `${name}.${kind}.tar.gz${suffix}`;
      targets.set(target, target).set(`${name}.${kind}${suffix}`, target);
    }
  }
  for (const [link, target] of targets) {
    const through = `databases/current/${target}`;
    if ((await readlink(join(paths.folder, link)).catch(() => "")) === through) continue;
    const staged = join(staging, link);
    await symlink(through, staged);
    await durably(checkpoint, "name linked", () => rename(staged, join(paths.folder, link)));
  }
}

async function snapshotNumbers({ databases }: RepositoryFolder): Promise<number[]> {
  return (await readdir(databases)).filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

/** Deletes the snapshots that were superseded a while ago, and those of publishes that died. */
export async function deleteOldSnapshots(
  repository: Repository,
  paths: RepositoryFolder,
  now: Date,
): Promise<void> {
  const current = Number(await readlink(paths.current));
  for (const number of await snapshotNumbers(paths)) {
    const folder = join(paths.databases, String(number));
    const { mtimeMs } = await stat(folder);
    if (number === current || mtimeMs + graceMilliseconds > now.getTime()) continue;
    await durably(repository.checkpoint, "old snapshot deleted", () => rm(folder, { recursive: true }));
  }
}
