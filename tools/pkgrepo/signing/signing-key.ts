import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { withAgent, type Gpg, type SigningKey } from "./gpg-agent.ts";
import { underLock } from "../../system/lock.ts";
import { durably, type Checkpoint } from "../../steps.ts";

/**
 * The default of a repository on one machine: makes a key without a passphrase (ed25519, no expiry) in a
 * home folder of its own, mode 0700. Where it exists nothing is done. The key comes into place by one
 * rename, so a crash leaves either no key or the whole one.
 *
 * @param owner the user id, such as `sluice (package repository)`
 */
export async function makeLocalKey(
  home: string,
  owner: string,
  checkpoint?: Checkpoint,
): Promise<SigningKey> {
  await mkdir(dirname(home), { recursive: true });
  await underLock(`${home}.lock`, 60, async () => {
    if (await hasFiles(home)) return;
    const unfinished = (await readdir(dirname(home))).filter((name) => name.startsWith(newHome(home)));
    for (const name of unfinished) await rm(join(dirname(home), name), { recursive: true, force: true });
    const fresh = await mkdtemp(join(dirname(home), newHome(home)));
    await withAgent({ home: fresh }, (gpg) =>
      gpg(["--passphrase", "", "--quick-generate-key", owner, "ed25519", "sign", "0"]),
    );
    await flushTree(fresh);
    await chmod(fresh, 0o700);
    await durably(checkpoint, "signing key placed", () => rename(fresh, home));
  });
  return { home };
}

/**
 * Takes secret keys into Sluice's own home, which is made where there is none.
 *
 * @param file an armoured or binary export of secret keys without a passphrase
 * @returns their fingerprints
 * @throws SluiceError `key-import`
 */
export async function importLocalKey(
  home: string,
  file: string,
  checkpoint?: Checkpoint,
): Promise<readonly string[]> {
  await mkdir(dirname(home), { recursive: true });
  const fresh = await mkdtemp(join(dirname(home), newHome(home)));
  try {
    const fingerprints = await withAgent({ home: fresh }, async (gpg) => {
      await gpg(["--import", "--", file]).catch((error: unknown) => {
        throw unusable(file, "gpg can't read it", error);
      });
      const found = (await listSecretKeys(undefined, gpg)).map(({ fingerprint }) => fingerprint);
      if (found.length === 0) throw unusable(file, "there is no secret key in it");
      const sample = join(fresh, "sample");
      await writeFile(sample, "");
      for (const fingerprint of found) {
        const how = ["--yes", "--local-user", fingerprint, "--output", `${sample}.sig`];
        await gpg([...how, "--detach-sign", "--", sample]).catch((error: unknown) => {
          throw unusable(file, `${fingerprint} can't sign, perhaps because it has a passphrase`, error);
        });
      }
      await rm(sample);
      await rm(`${sample}.sig`);
      return found;
    });
    await flushTree(fresh);
    await chmod(fresh, 0o700);
    if (await hasFiles(home)) {
      await withHome({ home }, (gpg) => gpg(["--import", "--", file]));
    } else {
      await durably(checkpoint, "signing key placed", () => rename(fresh, home));
    }
    return fingerprints;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function unusable(file: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError("key-import", `${file} can't be taken: ${problem}.`, {
    facts: { path: file },
    hint: "Export one secret key without a passphrase: gpg --armor --export-secret-keys FINGERPRINT",
    cause,
  });
}

/** The secret key, armoured. */
export function exportSecretKey(key: SigningKey, fingerprint: string): Promise<Buffer> {
  return withHome(key, (gpg) => gpg(["--armor", "--export-secret-keys", fingerprint]));
}

const newHome = (home: string): string => `${basename(home)}.new-`;

async function hasFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0;
}

/**
 * Makes another key in Sluice's own home, or takes one that lies there and isn't among `known`: one that an earlier
 * attempt left, or that was imported.
 *
 * @param known fingerprints of the keys that have a part already
 * @returns its fingerprint
 */
export async function addLocalKey(
  home: string,
  owner: string,
  known: readonly string[],
  checkpoint?: Checkpoint,
): Promise<string> {
  return withHome({ home }, async (gpg) => {
    const unused = async (): Promise<string | undefined> =>
      (await listSecretKeys(undefined, gpg)).find(({ fingerprint }) => !known.includes(fingerprint))
        ?.fingerprint;
    const found = await unused();
    if (found !== undefined) return found;
    await durably(checkpoint, "signing key placed", async () => {
      // `--yes`: the key before has the same owner.
      await gpg(["--yes", "--passphrase", "", "--quick-generate-key", owner, "ed25519", "sign", "0"]);
      await flushTree(home);
    });
    return (await unused())!;
  });
}

/** Whether the home holds the secret key with this fingerprint. */
export async function holdsKey(key: SigningKey, fingerprint: string): Promise<boolean> {
  if (!existsSync(key.home)) return false;
  return withHome(key, async (gpg) => (await listSecretKeys(fingerprint, gpg)).length > 0);
}

/**
 * Does `work` with gpg in the key's home. One process at a time works with a home of Sluice's own: another one would
 * lose the agent in the middle of a signature.
 *
 * @throws SluiceError `locked`
 */
export function withHome<T>(key: SigningKey, work: (gpg: Gpg) => Promise<T>): Promise<T> {
  if (key.id !== undefined || !existsSync(key.home)) return withAgent(key, work);
  return underLock(`${key.home}.lock`, 60, () => withAgent(key, work));
}

async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name));
    await file.sync().finally(() => file.close());
  }
}

/**
 * The full fingerprint of the key, once it is sure that it can sign now.
 *
 * @throws SluiceError `signing-key` where it is missing, ambiguous, expired, revoked, or can't sign.
 */
export async function usableFingerprint(key: SigningKey, gpg: Gpg): Promise<string> {
  const { home, id } = key;
  const which = id ?? key.fingerprint;
  const what = id === undefined ? `The local signing key in ${home}` : `The signing key ${id} in ${home}`;
  const refuse = (problem: string, hint: string): SluiceError =>
    new SluiceError("signing-key", `${what} ${problem}. Nothing was published.`, {
      facts: { path: home, ...(id !== undefined && { key: id }) },
      hint,
    });
  const keys = await listSecretKeys(which, gpg);
  const [found] = keys;
  if (!found) {
    throw refuse(
      "is missing",
      id === undefined
        ? "Restore the folder from your backup, or the key: sluice key import FILE. Without a backup: sluice key rotate --after 0"
        : "Import the secret key into that keyring (gpg --import), or correct SIGNING_KEY.",
    );
  }
  if (keys.length > 1) {
    throw refuse(
      `could be any of ${keys.map(({ fingerprint }) => fingerprint).join(", ")}`,
      "Set SIGNING_KEY to the full fingerprint of the one to use.",
    );
  }
  if (found.validity === "e") {
    throw refuse(
      `expired on ${new Date(found.expires * 1000).toISOString().slice(0, 10)}`,
      `Extend it (gpg --quick-set-expire ${found.fingerprint} 1y) and hand the public key to the clients, or set another SIGNING_KEY.`,
    );
  }
  if (found.validity === "r") throw refuse("is revoked", "Set SIGNING_KEY to a key that is valid.");
  if (!found.capabilities.includes("S") || "id".includes(found.validity)) {
    throw refuse("can't sign", "Set SIGNING_KEY to a key, or one with a subkey, that is valid for signing.");
  }
  return found.fingerprint;
}

interface ListedKey {
  readonly fingerprint: string;
  /** One letter: `e` expired, `r` revoked, `i` invalid, `d` disabled. */
  readonly validity: string;
  /** Capital letters are what the key can do now, subkeys included. */
  readonly capabilities: string;
  /** Seconds since 1970; NaN for never. */
  readonly expires: number;
}

/** Format: GnuPG's doc/DETAILS, "Format of the colon listings". */
async function listSecretKeys(id: string | undefined, gpg: Gpg): Promise<ListedKey[]> {
  const which = id === undefined ? [] : ["--", id];
  const listing = await gpg(["--with-colons", "--list-secret-keys", ...which]).catch((error: unknown) => {
    // gpg's answer to a key that it doesn't have, and to a home that isn't there. It may fail for other reasons.
    const said = error instanceof SluiceError && error.code === "program-failed" ? error.message : "";
    if (/No secret key|No such file or directory/.test(said)) return "";
    throw error;
  });
  const keys: ListedKey[] = [];
  let primary: readonly string[] | undefined;
  for (const line of listing.toString().split("\n")) {
    const record = line.split(":");
    if (record[0] === "sec") primary = record;
    if (record[0] !== "fpr" || !primary) continue;
    keys.push({
      fingerprint: record[9] ?? "",
      validity: primary[1] ?? "",
      capabilities: primary[11] ?? "",
      expires: Number.parseInt(primary[6] ?? "", 10),
    });
    primary = undefined;
  }
  return keys;
}
