import { existsSync } from "node:fs";
import { link, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { durably } from "../../steps.ts";
import { flush } from "../../system/flush.ts";
import { sha256Of } from "../../system/digest.ts";
import { offeredKeys, type KeyRecord, type PublicKey } from "../keys.ts";
import type { Repository } from "../repository.ts";
import { makeKeyringPackage } from "./keyring-package.ts";
import type { VerifiedPackage } from "./plan-publish.ts";
import { placePackages } from "./publish.ts";
import { replaceSnapshot } from "./replace-snapshot.ts";
import { inTransaction, placePublicKeys, type Transaction } from "./transaction.ts";

const day = 86_400_000;

/** For how long a key is offered after another one took its place. */
const offeredDays = 90;

/** Whether another key took the place of the former one within the last day. */
export function wasJustRotated({ former }: KeyRecord, now: Date): boolean {
  return former.some(({ until }) => Date.parse(until) - (offeredDays - 1) * day > now.getTime());
}

/**
 * Tells clients which key is going to sign: it is in the file with the public keys, and in a keyring package that the
 * present key signs. Nothing else changes until `signAnew`.
 *
 * @param from when the new key is to sign
 * @param keyring whether to make the package; the workspace may have one of its own
 */
export function announceKey(
  repository: Repository,
  { next, from, keyring }: { readonly next: PublicKey; readonly from: Date; readonly keyring: boolean },
  now: Date,
): Promise<KeyRecord> {
  return inTransaction(repository, now, async (transaction) => {
    const { signs, former } = transaction.keys;
    const keys = { signs, next: { ...next, from: from.toISOString() }, former };
    await placePublicKeys(transaction, keys);
    const add = keyring ? [await keyringPackage(transaction, keys)] : [];
    await placePackages(transaction, add);
    await replaceSnapshot(transaction, {
      add,
      remove: [],
      madeFrom: publishedBy(transaction).madeFrom,
      keys,
    });
    return keys;
  });
}

/**
 * Signs the databases and every package file with another key, in one change of the database. The former key is
 * offered for a while. Where that key signs already nothing happens.
 *
 * @throws SluiceError `package-damaged` where a file isn't what the database says now: it isn't signed, nor anything else
 */
export function signAnew(
  repository: Repository,
  { fingerprint, keyring }: { readonly fingerprint: string; readonly keyring: boolean },
  now: Date,
): Promise<KeyRecord> {
  return inTransaction(
    repository,
    now,
    async (transaction) => {
      const { keys: before, signer } = transaction;
      if (before.signs.fingerprint === fingerprint) return before;
      const keys: KeyRecord = {
        signs: { fingerprint, publicKey: (await signer.publicKey()).toString() },
        former: [
          ...before.former.filter((key) => key.fingerprint !== fingerprint),
          { ...before.signs, until: new Date(now.getTime() + offeredDays * day).toISOString() },
        ],
      };
      const { madeFrom } = publishedBy(transaction);
      const isAnnounced = before.next?.fingerprint === fingerprint;
      await placePublicKeys(transaction, keys);
      const fresh = keyring && !isAnnounced ? [await keyringPackage(transaction, keys)] : [];
      const kept = await signKept(transaction, new Set(fresh.map(({ pkgname }) => pkgname)));
      await placePackages(transaction, fresh);
      await replaceSnapshot(transaction, { add: [...kept, ...fresh], remove: [], madeFrom, keys });
      return keys;
    },
    { signWith: fingerprint },
  );
}

/** The package that was made by `announceKey` or `signAnew`, and that no recipe of the workspace makes. */
export async function renewKeyring(repository: Repository, now: Date): Promise<void> {
  await inTransaction(repository, now, async (transaction) => {
    const add = [await keyringPackage(transaction, transaction.keys)];
    await placePackages(transaction, add);
    await replaceSnapshot(transaction, { add, remove: [], madeFrom: publishedBy(transaction).madeFrom });
  });
}

function publishedBy({ published, repository }: Transaction): NonNullable<Transaction["published"]> {
  if (published) return published;
  throw new SluiceError("nothing-published", `Nothing is published in ${repository.root} yet.`, {
    facts: { path: repository.root },
    hint: "Set SIGNING_KEY as you like: clients trust no key of yours yet.",
  });
}

async function keyringPackage(
  { repository, staging, now }: Transaction,
  keys: KeyRecord,
): Promise<VerifiedPackage> {
  return makeKeyringPackage(repository.name, offeredKeys(keys, now), staging, now);
}

/**
 * New signatures of the files that are there: those that the database names, and those that are kept after they left
 * it. Clients that have an old database find the signature of its packages in it. A kept file that is damaged is
 * deleted: nobody needs it.
 *
 * @param except pkgnames
 * @returns what the database names
 */
async function signKept(transaction: Transaction, except: ReadonlySet<string>): Promise<VerifiedPackage[]> {
  const { repository, paths, signer, staging } = transaction;
  const { entries, retired } = publishedBy(transaction);
  const folder = join(staging, "signed");
  await mkdir(folder);
  const named = entries.filter(({ name }) => !except.has(name));
  async function isRight(filename: string, sha256: string): Promise<boolean> {
    const copy = join(folder, filename);
    await link(join(paths.folder, filename), copy).catch(() => undefined);
    return (await sha256Of(copy).catch(() => "")) === sha256;
  }
  for (const { filename, sha256 } of named) {
    if (!(await isRight(filename, sha256))) throw damaged(filename);
  }
  const files: { readonly filename: string }[] = [...named];
  for (const [filename, { sha256 }] of retired) {
    const file = join(paths.folder, filename);
    if (!existsSync(file)) continue;
    if (await isRight(filename, sha256)) files.push({ filename });
    else await deleteDamagedFile(repository, file);
  }
  await signer.sign(files.map(({ filename }) => join(folder, filename)));
  for (const { filename } of files) {
    const signature = `${filename}.sig`;
    await flush(join(folder, signature));
    await durably(repository.checkpoint, "signature replaced", () =>
      rename(join(folder, signature), join(paths.folder, signature)),
    );
  }
  return named.map(({ name, filename, sha256 }) => ({
    pkgname: name,
    path: join(paths.folder, filename),
    filename,
    sha256,
  }));
}

/** The signature first: a package is found again after a crash in between. */
export function deleteDamagedFile({ checkpoint }: Repository, file: string): Promise<void> {
  return durably(checkpoint, "damaged package deleted", async () => {
    await rm(`${file}.sig`, { force: true });
    await rm(file, { force: true });
  });
}

function damaged(filename: string): SluiceError {
  return new SluiceError("package-damaged", `${filename} isn't the file that the database names.`, {
    facts: { path: filename },
    hint: "Nothing was signed again. `sluice up --once` builds it again; then run this once more.",
    exitCode: 1,
  });
}
