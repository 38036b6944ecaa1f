import { spawn, type ChildProcess } from "node:child_process";
import { isPlainServer, sshArguments, sshEnvironment, type SshServer } from "../../system/ssh-options.ts";
import {
  attributes,
  kinds,
  openFlags,
  PacketReader,
  statusCodes,
  text,
  uint32,
  uint64,
  type Attributes,
} from "./sftp-packets.ts";

export interface SftpServer extends SshServer {
  /** A `known_hosts` file; a server with any other key is refused. */
  readonly knownHosts: string;
}

/** What the server refused, or ssh said; its message has no secret in it. */
export class SftpError extends Error {
  /** Of `SSH_FXP_STATUS`; undefined: the connection is lost. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

type Handle = Buffer;

/** Files of another machine, over one connection of OpenSSH's client. Paths begin with `/`. */
export class Sftp {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = Buffer.alloc(0);
  #said = "";
  #next = 0;
  #lost: SftpError | undefined;
  #extensions: ReadonlySet<string> = new Set();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr!.on("data", (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-4000)));
    child.stdout!.on("data", (chunk: Buffer) => this.#receive(chunk));
    // What is written to a connection that is lost fails as its answer does.
    child.stdin!.on("error", () => undefined);
    child.once("error", (cause) => this.#fail(`ssh can't be started (${cause.message})`));
    child.once("close", () => this.#fail(lastLine(this.#said)));
  }

  /** @throws SftpError */
  static async open(server: SftpServer): Promise<Sftp> {
    const paths = [server.keyFile, server.knownHosts];
    if (!isPlainServer(server) || !paths.every((path) => /^[\w./@+-]+$/.test(path))) {
      throw new SftpError("the SSH settings can't be used as they are: names and paths have to be plain");
    }
    const settings = [
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${server.knownHosts}`,
      "ServerAliveInterval=15",
      "ServerAliveCountMax=4",
    ];
    const args = [...sshArguments(server, settings), "-s", "--", server.host, "sftp"];
    const sftp = new Sftp(spawn("ssh", args, { stdio: ["pipe", "pipe", "pipe"], env: sshEnvironment() }));
    const version = await sftp.#greet();
    version.uint32();
    const extensions = new Set<string>();
    for (; !version.isAtEnd; version.bytes()) extensions.add(version.text());
    sftp.#extensions = extensions;
    return sftp;
  }

  close(): void {
    this.#child.kill("SIGTERM");
  }

  /** Undefined: there is nothing. A link is neither a file nor a folder. */
  async look(path: string): Promise<Attributes | undefined> {
    const answer = await ifThere(this.#ask(kinds.lstat, text(path)));
    return answer?.attributes();
  }

  /** Undefined: there is no such folder. */
  async list(folder: string): Promise<readonly (Attributes & { readonly name: string })[] | undefined> {
    const opened = await ifThere(this.#ask(kinds.opendir, text(folder)));
    if (!opened) return undefined;
    return this.#closing(opened.bytes(), async (handle) => {
      const entries: (Attributes & { name: string })[] = [];
      for (;;) {
        const answer = await ifMore(this.#ask(kinds.readdir, text(handle)));
        if (!answer) return entries;
        for (let left = answer.uint32(); left > 0; left--) {
          const name = answer.text();
          answer.bytes();
          const found = answer.attributes();
          if (name !== "." && name !== ".." && !name.includes("/")) entries.push({ ...found, name });
        }
      }
    });
  }

  /**
   * Hands over a file's content, piece by piece.
   *
   * @returns whether there is one
   */
  async read(path: string, take: (piece: Buffer) => void): Promise<boolean> {
    const opened = await ifThere(this.#ask(kinds.open, text(path), uint32(openFlags.read), attributes()));
    if (!opened) return false;
    return this.#closing(opened.bytes(), async (handle) => {
      const askAt = (at: number): Promise<PacketReader | undefined> =>
        ifMore(this.#ask(kinds.read, text(handle), uint64(at), uint32(pieceBytes)));
      for (let at = 0; ;) {
        const asked = Array.from({ length: atOnce }, (_, index) => askAt(at + index * pieceBytes));
        let isShort = false;
        for (const answer of await Promise.all(asked)) {
          if (!answer) return true;
          // What comes after a short answer isn't what comes next.
          if (isShort) continue;
          const piece = answer.bytes();
          take(piece);
          at += piece.length;
          isShort = piece.length < pieceBytes;
        }
      }
    });
  }

  /**
   * Writes a file on from a place in it; what a connection that is lost leaves is whole up to its end.
   *
   * @param from 0: anew
   */
  async write(path: string, mode: number, from: number, content: AsyncIterable<Buffer>): Promise<void> {
    const flags = openFlags.write | openFlags.create | (from === 0 ? openFlags.truncate : 0);
    const opened = await this.#ask(kinds.open, text(path), uint32(flags), attributes(0o600));
    await this.#closing(opened.bytes(), async (handle) => {
      let at = from;
      let under: Promise<unknown>[] = [];
      for await (const chunk of content) {
        for (let start = 0; start < chunk.length; start += pieceBytes) {
          const piece = chunk.subarray(start, start + pieceBytes);
          const asked = this.#ask(kinds.write, text(handle), uint64(at), text(piece));
          // It is waited for below; until then its failure isn't nobody's.
          asked.catch(() => undefined);
          under.push(asked);
          at += piece.length;
          if (under.length >= atOnce) {
            await Promise.all(under);
            under = [];
          }
        }
      }
      await Promise.all(under);
      await this.#ask(kinds.fsetstat, text(handle), attributes(mode));
      if (this.#extensions.has(flushes)) await this.#ask(kinds.extended, text(flushes), text(handle));
    });
  }

  /** Gives a file another name, which nothing has: where something has it, the server refuses. */
  async rename(from: string, to: string): Promise<void> {
    await this.#ask(kinds.rename, text(from), text(to));
  }

  /** Puts a file in place of another one at once. */
  async replace(from: string, to: string): Promise<void> {
    if (!this.#extensions.has(replaces)) throw new SftpError(`the server doesn't know ${replaces}`);
    await this.#ask(kinds.extended, text(replaces), text(from), text(to));
  }

  async remove(path: string): Promise<void> {
    await ifThere(this.#ask(kinds.remove, text(path)));
  }

  /** With all folders above it. */
  async makeFolder(path: string): Promise<void> {
    if (path === "/" || (await this.look(path)) !== undefined) return;
    await this.makeFolder(path.slice(0, path.lastIndexOf("/")) || "/");
    try {
      await this.#ask(kinds.mkdir, text(path), attributes(0o755));
    } catch (error) {
      // Somebody else was faster.
      if ((await this.look(path)) === undefined) throw error;
    }
  }

  async #closing<T>(opened: Handle, use: (handle: Handle) => Promise<T>): Promise<T> {
    const handle = Buffer.from(opened);
    const result = await use(handle);
    await this.#ask(kinds.close, text(handle));
    return result;
  }

  #greet(): Promise<PacketReader> {
    return this.#send(greeting, Buffer.concat([Buffer.of(kinds.init), uint32(3)]));
  }

  /** @throws SftpError for every status but success */
  async #ask(kind: number, ...body: readonly Uint8Array[]): Promise<PacketReader> {
    const id = this.#next++;
    return this.#send(id, Buffer.concat([Buffer.of(kind), uint32(id), ...body]));
  }

  #send(id: number, packet: Buffer): Promise<PacketReader> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin!.write(text(packet));
    });
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const length = this.#received.readUInt32BE();
      if (length > longestPacket) return this.#fail("what the server says is no SFTP");
      if (this.#received.length < 4 + length) return;
      const packet = this.#received.subarray(4, 4 + length);
      this.#received = this.#received.subarray(4 + length);
      try {
        this.#answer(new PacketReader(packet));
      } catch {
        return this.#fail("what the server says is no SFTP");
      }
    }
  }

  #answer(packet: PacketReader): void {
    const kind = packet.byte();
    const id = kind === kinds.version ? greeting : packet.uint32();
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const status = kind === kinds.status ? packet.uint32() : statusCodes.ok;
    if (status === statusCodes.ok) waiting?.resolve(packet);
    else waiting?.reject(new SftpError(packet.isAtEnd ? `status ${status}` : packet.text(), status));
  }

  #fail(message: string): void {
    this.#lost ??= new SftpError(message);
    this.#child.kill("SIGTERM");
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}

interface Waiting {
  readonly resolve: (answer: PacketReader) => void;
  readonly reject: (error: SftpError) => void;
}

/** In place of a number: the first answer has none. */
const greeting = -1;
const flushes = "fsync@openssh.com";
const replaces = "posix-rename@openssh.com";
/** What every server takes. */
const pieceBytes = 32_768;
/** So many pieces are on their way, so that a long way doesn't make it slow. */
const atOnce = 32;
const longestPacket = 2 ** 20;

function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  return unless(statusCodes.noSuchFile, asked);
}

function ifMore<T>(asked: Promise<T>): Promise<T | undefined> {
  return unless(statusCodes.endOfFile, asked);
}

async function unless<T>(status: number, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SftpError && error.status === status) return undefined;
    throw error;
  }
}

function lastLine(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? "the connection ended";
}
