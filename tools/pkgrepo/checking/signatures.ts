import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { run } from "../../system/run.ts";
import type { PublicKey } from "../keys.ts";
import { dearmor } from "../signing/public-key.ts";

/** Whether `<file>.sig` is a signature of the file by the key. */
export type Verify = (file: string) => Promise<boolean>;

/** Does `work` with gpgv, which needs no secret key and no agent. */
export async function withVerifier<T>(key: PublicKey, work: (verify: Verify) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-verify-"));
  try {
    const keyring = join(folder, "keyring.gpg");
    await writeFile(keyring, dearmor(key.publicKey));
    return await work((file) => isSigned(file, keyring, key.fingerprint));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Format: GnuPG's doc/DETAILS, VALIDSIG; its last field is the primary key's fingerprint. */
async function isSigned(file: string, keyring: string, fingerprint: string): Promise<boolean> {
  try {
    const args = ["--keyring", keyring, "--status-fd", "1", "--", `${file}.sig`, file];
    const said = (await run("gpgv", args)).toString();
    return said.split("\n").some((line) => / VALIDSIG /.test(line) && line.trim().endsWith(fingerprint));
  } catch (error) {
    if (error instanceof SluiceError && error.code === "program-failed") return false;
    throw error;
  }
}
