import { existsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { withAgent } from "./gpg-agent.ts";
import { underLock } from "../../system/lock.ts";
import { inParallel } from "../../system/in-parallel.ts";
import { usableFingerprint } from "./signing-key.ts";
import type { SigningKey } from "./gpg-agent.ts";

export interface Signer {
  /** Writes a detached, binary signature to `<file>.sig` for each file. */
  sign(files: readonly string[]): Promise<void>;
  /** The public key, armoured. */
  publicKey(): Promise<Buffer>;
}

/** gpg needs about 5 ms for a small file, most of it starting; a few at a time use both core and disk. */
const atOnce = 4;

/**
 * Does `work` with a key that can sign. With a key of Sluice's own its gpg-agent ends afterwards, so one process
 * at a time works with that key: another one would lose the agent in the middle of a signature.
 *
 * @throws SluiceError `signing-key`, `locked`
 */
export async function withSigner<T>(key: SigningKey, work: (signer: Signer) => Promise<T>): Promise<T> {
  if (key.id !== undefined || !existsSync(key.home)) return sign(key, work);
  return underLock(`${key.home}.lock`, 60, () => sign(key, work));
}

function sign<T>(key: SigningKey, work: (signer: Signer) => Promise<T>): Promise<T> {
  return withAgent(key, async (gpg) => {
    const fingerprint = await usableFingerprint(key, gpg);
    return work({
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
