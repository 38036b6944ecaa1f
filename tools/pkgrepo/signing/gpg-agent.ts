import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../system/run.ts";

/** Which key signs. */
export interface SigningKey {
  /** The GnuPG home folder that holds it, outside of what is served. */
  readonly home: string;
  /**
   * SIGNING_KEY: fingerprint or key id of a key in the operator's keyring. Without it the home is Sluice's
   * own and holds the one key that `makeLocalKey` made.
   */
  readonly id?: string;
  /** Which key of Sluice's own; after a rotation the home holds several. */
  readonly fingerprint?: string;
}

/** Runs gpg in the key's home and returns its stdout. */
export type Gpg = (args: readonly string[]) => Promise<Buffer>;

/** The longest path of a Unix socket, its final zero byte included, is 108 bytes on Linux. */
const longestSocket = 107;

/**
 * Does `work` with gpg, and ends the gpg-agent that gpg starts for a home of Sluice's own. An operator's agent
 * stays: it may hold a passphrase, and others may be using it.
 */
export async function withAgent<T>(key: SigningKey, work: (gpg: Gpg) => Promise<T>): Promise<T> {
  const { home, close } = await reachableHome(key);
  try {
    // Where a passphrase is needed and no agent has it, an error beats a window that nobody sees.
    return await work((args) =>
      run("gpg", [
        "--homedir",
        home,
        "--batch",
        "--no-tty",
        "--quiet",
        "--pinentry-mode",
        pinentry(args),
        ...args,
      ]),
    );
  } finally {
    if (key.id === undefined) await endAgent(home);
    await close();
  }
}

/** Not by `gpgconf --kill`: it starts four processes, and no other daemon of GnuPG is ever started for this home. */
async function endAgent(home: string): Promise<void> {
  await run("gpg-connect-agent", ["--homedir", home, "--no-autostart", "KILLAGENT", "/bye"]).catch(
    () => undefined,
  );
}

const pinentry = (args: readonly string[]): string => (args.includes("--passphrase") ? "loopback" : "error");

/** The agent's socket lies in the home folder, whose path may be too long for one; a link is short. */
async function reachableHome(key: SigningKey): Promise<{ home: string; close: () => Promise<void> }> {
  const socket = join(key.home, "S.gpg-agent.browser");
  if (key.id !== undefined || Buffer.byteLength(socket) <= longestSocket) {
    return { home: key.home, close: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), "sluice-gpg-"));
  const home = join(folder, "home");
  await symlink(key.home, home);
  return { home, close: () => rm(folder, { recursive: true }) };
}
