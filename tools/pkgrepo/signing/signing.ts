import { chmod } from "node:fs/promises";
import { withAgent } from "./gpg-agent.ts";
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

/** Does `work` with a key that can sign; ends its gpg-agent afterwards. */
export async function withSigner<T>(key: SigningKey, work: (signer: Signer) => Promise<T>): Promise<T> {
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
