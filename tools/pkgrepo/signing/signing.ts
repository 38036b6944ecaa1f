import { chmod } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import type { SigningKey } from "./gpg-agent.ts";
import { inParallel } from "../../system/in-parallel.ts";
import { holdsKey, usableFingerprint, withHome } from "./signing-key.ts";

export interface Signer {
  /** In full. */
  readonly fingerprint: string;
  /** Writes a detached, binary signature to `<file>.sig` for each file. */
  sign(files: readonly string[]): Promise<void>;
  /** The public key, armoured. */
  publicKey(): Promise<Buffer>;
}

/** gpg needs about 5 ms for a small file, most of it starting; a few at a time use both core and disk. */
const atOnce = 4;

/**
 * Does `work` with a key that can sign.
 *
 * @throws SluiceError `signing-key`, `locked`
 */
export function withSigner<T>(key: SigningKey, work: (signer: Signer) => Promise<T>): Promise<T> {
  return withHome(key, async (gpg) => {
    const fingerprint = await usableFingerprint(key, gpg);
    return work({
      fingerprint,
      async sign(files) {
        await inParallel(files, atOnce, async (file) => {
          const signature = `${file}.sig`;
          const how = ["--yes", "--no-armor", "--local-user", fingerprint];
          await gpg([...how, "--output", signature, "--detach-sign", "--", file]);
          await chmod(signature, 0o644);
        });
      },
      publicKey: () => gpg(["--armor", "--export", fingerprint]),
    });
  });
}

/**
 * The key with this fingerprint, in the first of the homes that holds it.
 *
 * @throws SluiceError `signing-key`
 */
export async function findKey(homes: readonly SigningKey[], fingerprint: string): Promise<SigningKey> {
  for (const home of homes) {
    const key = select(home, fingerprint);
    // Where there is but one place, what is wrong with the key there is said when it is to sign.
    if (homes.length === 1 || (home.fingerprint ?? home.id) === fingerprint) return key;
    if (await holdsKey(key, fingerprint)) return key;
  }
  const where = homes.map(({ home }) => home).join(", ");
  throw new SluiceError(
    "signing-key",
    `The key ${fingerprint} is in none of ${where}. Nothing was published.`,
    {
      facts: { key: fingerprint },
      hint: "Restore it from your backup: sluice key import FILE. Without a backup: sluice key rotate --after 0",
    },
  );
}

/** Another key of the same home. */
function select({ home, id }: SigningKey, fingerprint: string): SigningKey {
  return id === undefined ? { home, fingerprint } : { home, id: fingerprint };
}
