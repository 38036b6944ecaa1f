import { createHash, type Hash } from "node:crypto";
import { mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SluiceError } from "../../errors.ts";
import { sha256Of } from "../../system/digest.ts";
import { maxUploadBytes, type Announcement } from "../builder-protocol.ts";

/** Pieces that wait for the disk are written together. */
const waitingBytes = 2 ** 19;

/** Room that is left on the disk whatever arrives, in bytes. */
const spareBytes = 2 ** 30;

/** What a package file's name may be; pacman's names and versions. */
const packageName = /^[A-Za-z0-9@_+][A-Za-z0-9@._+:~^-]*\.pkg\.tar\.zst$/;

/** The name of a file that is sent under its SHA-256. */
export const digestName = /^[0-9a-f]{64}$/;

export type Announced = Announcement["files"][number];

/**
 * Where packages arrive: `<folder>/<build>-<digest of the claim>/<file>`. No more is taken than was announced, and
 * an upload goes on where it ended.
 */
export class Landing {
  readonly #folder: string;
  readonly #free: (folder: string) => Promise<number>;
  /** By path: ends the upload that is under way, whose connection may hang. */
  readonly #receiving = new Map<string, { stop: AbortController; done: Promise<number> }>();
  /** What was announced and hasn't arrived, by the folder. */
  readonly #awaited = new Map<string, number>();

  /** By path: what is known of a file without reading it again. */
  readonly #digests = new Map<string, Digest>();

  /** @param free how many bytes a disk has room for, by a folder on it */
  constructor(folder: string, free = freeBytes) {
    this.#folder = folder;
    this.#free = free;
  }

  folderOf(build: number, token: string): string {
    const digest = createHash("sha256").update(token).digest("hex").slice(0, 16);
    return join(this.#folder, `${build}-${digest}`);
  }

  /**
   * Makes room for what was announced.
   *
   * @param form of the names of its files
   * @returns how much of each file is there
   * @throws SluiceError `arrival-refused`, `landing-full`
   */
  async prepare(
    build: number,
    token: string,
    files: readonly Announced[],
    form = packageName,
  ): Promise<Record<string, number>> {
    requireSensible(files, form);
    const folder = this.folderOf(build, token);
    const total = files.reduce((sum, { size }) => sum + size, 0);
    await mkdir(this.#folder, { recursive: true });
    const awaited = [...this.#awaited].reduce((sum, [other, size]) => sum + (other === folder ? 0 : size), 0);
    if (total + awaited + spareBytes > (await this.#free(this.#folder))) throw landingFull(this.#folder);
    this.#awaited.set(folder, total);
    await mkdir(folder, { recursive: true });
    const have: Record<string, number> = {};
    for (const { name } of files) have[name] = await sizeOf(join(folder, name));
    return have;
  }

  /**
   * Takes bytes of an announced file from `at` on.
   *
   * @returns how much of it is there afterwards; less than was sent where the sender is at another place
   */
  async receive(folder: string, { name, size }: Announced, at: number, bytes: Readable): Promise<number> {
    const path = join(folder, basename(name));
    const before = this.#receiving.get(path);
    const stop = new AbortController();
    const done = (async () => {
      before?.stop.abort();
      await before?.done.catch(() => undefined);
      const have = await sizeOf(path);
      if (have !== at) return have;
      const digest = this.#digestFrom(path, at);
      return append(path, { at, size, name, digest }, bytes, stop.signal);
    })();
    this.#receiving.set(path, { stop, done });
    try {
      return await done;
    } finally {
      if (this.#receiving.get(path)?.stop === stop) this.#receiving.delete(path);
    }
  }

  /** Whether all files are there by their sizes. */
  async isComplete(folder: string, files: readonly Announced[]): Promise<boolean> {
    for (const { name, size } of files) {
      if ((await sizeOf(join(folder, basename(name)))) !== size) return false;
    }
    return true;
  }

  /** @throws SluiceError `arrival-refused` where what is there isn't what was announced */
  async requireComplete(folder: string, files: readonly Announced[]): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    const foreign = names.find((name) => !files.some((file) => file.name === name));
    if (foreign !== undefined) throw refused("a file arrived that wasn't announced");
    for (const { name, size, sha256 } of files) {
      const path = join(folder, name);
      if ((await sizeOf(path)) !== size) throw refused(`${name} didn't arrive as a whole`);
      const digest = this.#digests.get(path);
      const found = digest?.bytes === size ? digest.hash.copy().digest("hex") : await sha256Of(path);
      if (found !== sha256) throw refused(`${name} isn't what was announced: its SHA-256 differs`);
    }
  }

  /** Undefined where what is there of it came otherwise than through here. */
  #digestFrom(path: string, at: number): Digest | undefined {
    const fresh = at === 0 ? { hash: createHash("sha256"), bytes: 0 } : this.#digests.get(path);
    if (fresh?.bytes !== at) {
      this.#digests.delete(path);
      return undefined;
    }
    this.#digests.set(path, fresh);
    return fresh;
  }

  async clear(folder: string): Promise<void> {
    this.#awaited.delete(folder);
    for (const path of this.#digests.keys()) {
      if (path.startsWith(`${folder}/`)) this.#digests.delete(path);
    }
    await rm(folder, { recursive: true, force: true });
  }

  /** Deletes what arrived for builds that nobody holds any more. */
  async clearAllBut(active: ReadonlySet<number>): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!active.has(Number(name.split("-")[0]))) await this.clear(join(this.#folder, name));
    }
  }
}

/** What arrived of a file in this process's life, as far as it is one piece from the first byte on. */
interface Digest {
  readonly hash: Hash;
  bytes: number;
}

async function append(
  path: string,
  { at, size, name, digest }: { at: number; size: number; name: string; digest: Digest | undefined },
  bytes: Readable,
  signal: AbortSignal,
): Promise<number> {
  const file = (await open(path, "a", 0o600)).createWriteStream({ highWaterMark: waitingBytes });
  const closed = new Promise<void>((resolve) => void file.once("close", () => resolve()));
  let arrived = at;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      arrived += chunk.length;
      if (arrived > size) throw tooMuch(name);
      digest?.hash.update(chunk);
      if (digest) digest.bytes = arrived;
      yield chunk;
    }
  }
  try {
    await pipeline(bytes, counted, file, { signal });
    return arrived;
  } finally {
    await closed;
  }
}

function requireSensible(files: readonly Announced[], form: RegExp): void {
  const names = files.map(({ name }) => name);
  const wrong = names.find((name) => !form.test(name));
  if (wrong !== undefined) {
    const what = form === packageName ? "the name of a package file" : "a digest";
    throw refused(`${JSON.stringify(wrong)} isn't ${what}`);
  }
  if (new Set(names).size < names.length) throw refused("a file is announced twice");
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= maxUploadBytes) return;
  throw refused(`${total} bytes are announced, and a build may make ${maxUploadBytes}`);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

export function refused(what: string): SluiceError {
  return new SluiceError("arrival-refused", what, {
    hint: "Nothing of it is published. If the builder isn't known to be faulty, take its token away: sluice builders remove NAME",
    exitCode: 1,
  });
}

function tooMuch(name: string): SluiceError {
  return refused(`more arrived of ${name} than was announced`);
}

function landingFull(folder: string): SluiceError {
  return new SluiceError("landing-full", "there is no room for what was built", {
    hint: `Free some space on the manager's disk, at ${folder}.`,
    facts: { path: folder },
    exitCode: 1,
  });
}
