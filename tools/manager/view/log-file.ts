import { open, readFile, stat } from "node:fs/promises";
import { timesOf } from "../../builder/log.ts";
import { systemCode } from "../../errors.ts";

/** Logs as those who look in read them. What all readers of one log wait for is looked at once. */
export interface LogFiles {
  /** Undefined where there is none. */
  find(path: string): Promise<LogFile | undefined>;
}

export interface LogFile {
  size(): Promise<number>;
  /** At most `length` bytes; fewer at the end. */
  read(from: number, length: number): Promise<Uint8Array>;
  /** When it grew: from that byte on, at that time in milliseconds since 1970. In order, to the second. */
  times(): Promise<readonly (readonly [from: number, at: number])[]>;
  /** What is written from that byte on, until `goesOn` says no and all is read, or `signal` aborts. */
  follow(from: number, goesOn: () => Promise<boolean>, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const lookEveryMs = 50;
/** As much as a reader that has stopped reading may hold. */
const pieceBytes = 32 * 1024;
/** Pieces that were read last, of all logs. */
const rememberedPieces = 200;

export function logFiles(): LogFiles {
  const latest = new Map<string, Promise<Buffer>>();
  const growing = new Map<string, Promise<number>>();

  /** The size a moment later; one look for all that wait for this log. */
  function nextSize(path: string): Promise<number> {
    const known = growing.get(path);
    if (known) return known;
    const looking = new Promise<void>((resolve) => {
      setTimeout(resolve, lookEveryMs);
    }).then(async () => {
      growing.delete(path);
      return sizeOf(path);
    });
    growing.set(path, looking);
    return looking;
  }

  /** Readers of one log ask for the same bytes at about the same time, and those never change. */
  function readShared(path: string, from: number, length: number): Promise<Buffer> {
    const key = `${from} ${length} ${path}`;
    const known = latest.get(key);
    if (known) return known;
    const bytes = readBytes(path, from, length);
    latest.set(key, bytes);
    if (latest.size > rememberedPieces) latest.delete(latest.keys().next().value!);
    bytes.catch(() => latest.delete(key));
    return bytes;
  }

  return {
    async find(path) {
      if ((await sizeOf(path)) < 0) return undefined;
      return {
        size: async () => Math.max(0, await sizeOf(path)),
        read: (from, length) => readBytes(path, from, length),
        times: () => readTimes(path),
        async *follow(from, goesOn, signal) {
          let at = from;
          let size = await sizeOf(path);
          // What is written before the build ends is still read: there is one more look after it.
          for (let isLast = false; size >= 0 && !signal.aborted;) {
            if (at < size) {
              const piece = await readShared(path, at, Math.min(pieceBytes, size - at));
              if (piece.length === 0) return;
              at += piece.length;
              yield piece;
            } else if (isLast) {
              return;
            } else if (await goesOn()) {
              size = await nextSize(path);
            } else {
              isLast = true;
              size = await sizeOf(path);
            }
          }
        },
      };
    },
  };
}

/** -1 where there is no such file. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return -1;
    throw error;
  }
}

/** A line that a crash cut off is left out. */
async function readTimes(log: string): Promise<readonly (readonly [from: number, at: number])[]> {
  const text = await readFile(timesOf(log), "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  });
  return [...text.matchAll(/^(\d+) (\d+)\n/gm)].map(([, from, at]) => [Number(from), Number(at)] as const);
}

async function readBytes(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
