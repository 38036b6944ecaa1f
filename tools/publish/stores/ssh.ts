import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import type { StoredFile } from "../publisher.ts";
import type { Attributes } from "./sftp-packets.ts";
import { Sftp, SftpError } from "./sftp.ts";
import { stagedName, type Listed, type Store } from "./store.ts";

/**
 * Folders of another machine, over SFTP; no shell is needed there. What isn't visible yet lies beside its place, under a
 * hidden name, and gets its name by the server's rename. A transfer that was cut off goes on where it was. A hidden file
 * keeps the digest of each, so that a page of many files doesn't fetch them all.
 */
export class SshStore implements Store {
  readonly #root: string;
  readonly #open: () => Promise<Sftp>;
  readonly #checkpoint: Checkpoint | undefined;
  #opened: Promise<Sftp> | undefined;

  /**
   * @param root `ssh://USER@HOST:PORT`
   * @throws SluiceError `store-settings`
   */
  constructor(
    root: string,
    secrets: Readonly<Record<string, string | undefined>>,
    checkpoint: Checkpoint | undefined,
  ) {
    this.#root = root;
    this.#checkpoint = checkpoint;
    const { username, hostname: host, port } = new URL(root);
    const [keyFile, knownHosts] = [secrets["RELEASE_SSH_KEY_FILE"], secrets["RELEASE_SSH_KNOWN_HOSTS"]];
    if (!keyFile || !knownHosts || username === "") throw incomplete(root);
    const server = { host, port: Number(port || 22), user: username, keyFile, knownHosts };
    this.#open = () => Sftp.open(server);
  }

  look(name: string): Promise<string | undefined> {
    return this.#with(name, async (sftp) => {
      const there = await sftp.look(at(name));
      if (!there) return undefined;
      return (await notedDigest(sftp, name, there)) ?? digestOf(sftp, at(name));
    });
  }

  read(name: string): Promise<string | undefined> {
    return this.#with(name, (sftp) => digestOf(sftp, at(name)));
  }

  async stage(name: string, file: StoredFile): Promise<void> {
    const staged = stagedAt(name, file.sha256);
    await this.#with(name, async (sftp) => {
      await sftp.makeFolder(dirname(staged));
      const there = (await sftp.look(staged))?.bytes ?? 0;
      if (there !== file.bytes || (await digestOf(sftp, staged)) !== file.sha256) {
        await durably(this.#checkpoint, "release file staged", () => bring(sftp, staged, file, there));
      }
      const note = noteOf(file.sha256, (await sftp.look(staged))!);
      await sftp.write(notedAt(name), 0o644, 0, pieceOf(Buffer.from(note)));
    });
  }

  readStaged(name: string, sha256: string): Promise<string | undefined> {
    return this.#with(name, (sftp) => digestOf(sftp, stagedAt(name, sha256)));
  }

  async show(name: string, sha256: string): Promise<void> {
    await this.#with(name, (sftp) =>
      durably(this.#checkpoint, "release file shown", () => sftp.rename(stagedAt(name, sha256), at(name))),
    );
  }

  async dropStaged(name: string, sha256: string): Promise<void> {
    await this.#with(name, (sftp) => sftp.remove(stagedAt(name, sha256)));
  }

  list(folder: string): Promise<readonly Listed[]> {
    return this.#with(folder, (sftp) => listedBelow(sftp, folder));
  }

  async replace(name: string, content: Buffer): Promise<void> {
    const fresh = stagedAt(name, "");
    await this.#with(name, async (sftp) => {
      await sftp.makeFolder(dirname(fresh));
      await sftp.write(fresh, 0o644, 0, pieceOf(content));
      await durably(this.#checkpoint, "release page replaced", () => sftp.replace(fresh, at(name)));
    });
  }

  async remove(name: string): Promise<void> {
    await this.#with(name, async (sftp) => {
      await durably(this.#checkpoint, "published file deleted", () => sftp.remove(at(name)));
      await sftp.remove(notedAt(name));
    });
  }

  async close(): Promise<void> {
    (await this.#opened?.catch(() => undefined))?.close();
  }

  async #with<T>(name: string, use: (sftp: Sftp) => Promise<T>): Promise<T> {
    try {
      return await use(await (this.#opened ??= this.#open()));
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      throw new SluiceError("store-failed", `${this.#root}/${name}: ${error.message}`, {
        hint:
          hints.find(([pattern]) => pattern.test(error.message))?.[1] ??
          "Running it again goes on from there.",
        exitCode: 1,
      });
    }
  }
}

async function listedBelow(sftp: Sftp, folder: string): Promise<readonly Listed[]> {
  const listed: Listed[] = [];
  for (const { name, kind, bytes, modified } of (await sftp.list(at(folder))) ?? []) {
    const path = join(folder, name);
    if (kind === "folder") listed.push(...(await listedBelow(sftp, path)));
    else if (kind === "file" && !name.startsWith(".")) listed.push({ name: path, bytes, modified });
  }
  return listed;
}

async function digestOf(sftp: Sftp, path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  return (await sftp.read(path, (piece) => hash.update(piece))) ? hash.digest("hex") : undefined;
}

/** @param there so many bytes are; what has its full length, and is something else, is brought anew */
function bring(
  sftp: Sftp,
  to: string,
  { file, bytes, isExecutable }: StoredFile,
  there: number,
): Promise<void> {
  const start = there < bytes ? there : 0;
  const content = createReadStream(file, { start }) as AsyncIterable<Buffer>;
  return sftp.write(to, isExecutable ? 0o755 : 0o644, start, content);
}

/** The digest that was noted when this very file was brought; another size or time is another file. */
async function notedDigest(sftp: Sftp, name: string, there: Attributes): Promise<string | undefined> {
  let note = "";
  await sftp.read(notedAt(name), (piece) => (note += piece.toString()));
  const sha256 = /^[0-9a-f]{64}/.exec(note)?.[0];
  return sha256 !== undefined && note === noteOf(sha256, there) ? sha256 : undefined;
}

function noteOf(sha256: string, { bytes, modified }: Attributes): string {
  return `${sha256} ${bytes} ${modified.toISOString()}\n`;
}

async function* pieceOf(content: Buffer): AsyncIterable<Buffer> {
  yield content;
}

function at(name: string): string {
  return `/${name}`;
}

function stagedAt(name: string, sha256: string): string {
  return join(dirname(at(name)), `.${stagedName(name, sha256)}`);
}

function notedAt(name: string): string {
  return stagedAt(name, "").replace(/\.new$/, ".sha256");
}

const hints: readonly (readonly [RegExp, string])[] = [
  [
    /Host key verification failed|No .* host key is known|REMOTE HOST IDENTIFICATION/i,
    "The server has another key than the file RELEASE_SSH_KNOWN_HOSTS says. Find out why before you change that.",
  ],
  [
    /^[^/]*Permission denied \(/,
    "The server doesn't accept the key in RELEASE_SSH_KEY_FILE: put its public half into that user's authorized_keys there.",
  ],
  [/Permission denied/, "That user may not write there."],
  [/bad permissions|UNPROTECTED/, "Only this user may read the key file: chmod 600 FILE."],
];

function incomplete(root: string): SluiceError {
  return new SluiceError("store-settings", `${root} takes a user, a key and the server's key`, {
    hint: "ssh://USER@HOST/PATH; RELEASE_SSH_KEY_FILE is a private key without a passphrase, RELEASE_SSH_KNOWN_HOSTS a file with what `ssh-keyscan HOST` prints, both where `sluice up` or `sluice release` runs.",
  });
}
