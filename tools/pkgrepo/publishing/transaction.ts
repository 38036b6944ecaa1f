import {
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  statfs,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { flush } from "../../system/flush.ts";
import { underLock, type Lock } from "../../system/lock.ts";
import { folderOf, stagingPrefix, type Repository, type RepositoryFolder } from "../repository.ts";
import { offeredKeys, type KeyRecord } from "../keys.ts";
import type { SigningKey } from "../signing/gpg-agent.ts";
import { findKey, withSigner, type Signer } from "../signing/signing.ts";
import { readSnapshot, type Snapshot } from "../snapshot.ts";
import { durably } from "../../steps.ts";

/** One change of a package repository, from reading what is published to the switch. */
export interface Transaction {
  readonly repository: Repository;
  readonly paths: RepositoryFolder;
  readonly lock: Lock;
  readonly signer: Signer;
  /** A folder on the repository's file system for what is unfinished; goes with the transaction. */
  readonly staging: string;
  /** What is published; undefined before the first time. */
  readonly published: Snapshot | undefined;
  /** Who signs, before this change. */
  readonly keys: KeyRecord;
  readonly now: Date;
}

/**
 * Does `work` under the repository's lock, with a key that can sign and an empty staging folder.
 *
 * @param options.published what is published, where its databases can't be read
 * @param options.signWith the fingerprint of the key that signs from now on; default: the one that signed what is published
 */
export function inTransaction<T>(
  repository: Repository,
  now: Date,
  work: (transaction: Transaction) => Promise<T>,
  { signWith, published: known }: { readonly signWith?: string; readonly published?: Snapshot } = {},
): Promise<T> {
  const { checkpoint } = repository;
  return whileLocked(repository, async (paths, lock) => {
    await refuseForeignDatabase(paths, repository.name);
    const published = known ?? (await readSnapshot(repository));
    const key = await keyToUse(repository, signWith ?? published?.keys?.signs.fingerprint);
    return withSigner(key, async (signer) => {
      const publicKey = (await signer.publicKey()).toString();
      const fresh = { fingerprint: signer.fingerprint, publicKey };
      const before = published?.keys ?? { signs: fresh, former: [] };
      // Its expiry may have been extended.
      const keys = before.signs.fingerprint === fresh.fingerprint ? { ...before, signs: fresh } : before;
      const staging = await durably(checkpoint, "staging folder made", () =>
        mkdtemp(join(paths.folder, stagingPrefix)),
      );
      try {
        const transaction = { repository, paths, lock, signer, staging, published, keys, now };
        await placePublicKeys(transaction, keys);
        return await work(transaction);
      } catch (error) {
        throw await explainFullDisk(error, paths.folder);
      } finally {
        await durably(checkpoint, "staging folder deleted", () => discard(staging));
      }
    });
  });
}

async function keyToUse(
  { key, otherKeys = [] }: Repository,
  fingerprint: string | undefined,
): Promise<SigningKey> {
  return fingerprint === undefined ? key : findKey([key, ...otherKeys], fingerprint);
}

/** Does `work` under the repository's lock, after clearing what a process that died left behind. */
export async function whileLocked<T>(
  repository: Repository,
  work: (paths: RepositoryFolder, lock: Lock) => Promise<T>,
): Promise<T> {
  const paths = folderOf(repository);
  await mkdir(paths.databases, { recursive: true });
  const locked = underLock(paths.lock, repository.lockWaitSeconds ?? 60, async (lock) => {
    const left = (await readdir(paths.folder)).filter((name) => name.startsWith(stagingPrefix));
    for (const name of left) await discard(join(paths.folder, name));
    return work(paths, lock);
  });
  return locked.catch(async (error: unknown) => {
    throw await explainFullDisk(error, paths.folder);
  });
}

/** Programs fail in many ways on a full disk; what helps is to say that it is full. */
async function explainFullDisk(error: unknown, folder: string): Promise<unknown> {
  const { bavail, bsize } = await statfs(folder);
  const full = ["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "") || bavail * bsize < 64 * 1024;
  if (!full || (error instanceof SluiceError && error.code === "disk-full")) return error;
  return new SluiceError("disk-full", `The disk of ${folder} is full. Nothing of this batch was published.`, {
    facts: { path: folder },
    hint: "Free some space there (an earlier `keepDays` frees old packages) and run it again.",
    exitCode: 1,
    cause: error,
  });
}

/** A repo-add of a killed process may go on writing for a moment, so this tries more than once. */
async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Publishing beside a database that something else keeps would hide that one's packages. */
async function refuseForeignDatabase(paths: RepositoryFolder, name: string): Promise<void> {
  const path = join(paths.folder, `${name}.db`);
  const status = await lstat(path).catch(() => undefined);
  const links = await lstat(paths.current).catch(() => undefined);
  if (!status || links || (status.isSymbolicLink() && (await isOwnLink(path)))) return;
  throw new SluiceError("foreign-database", `${path} belongs to a repository that Sluice didn't make.`, {
    facts: { path },
    hint: "Publish into an empty folder, and move clients over to it.",
  });
}

async function isOwnLink(path: string): Promise<boolean> {
  return (await readlink(path)).startsWith("databases/current/");
}

/** Clients get all keys that they may need from one file. */
export async function placePublicKeys(
  { repository, paths, staging, now }: Transaction,
  keys: KeyRecord,
): Promise<void> {
  const key = Buffer.from(
    offeredKeys(keys, now)
      .map(({ publicKey }) => publicKey)
      .join(""),
  );
  const placed = await readFile(paths.publicKey).catch(() => undefined);
  if (placed?.equals(key)) return;
  const staged = join(staging, "public-key.asc");
  await writeFile(staged, key, { mode: 0o644 });
  await flush(staged);
  await durably(repository.checkpoint, "public key placed", () => rename(staged, paths.publicKey));
}
