import { open, stat } from "node:fs/promises";
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
  /** How many lines end before that byte. */
  linesBefore(offset: number): Promise<number>;
  /** What is written from that byte on, until `goesOn` says no and all is read, or `signal` aborts. */
  follow(from: number, goesOn: () => Promise<boolean>, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const lookEveryMs = 50;
const pieceBytes = 64 * 1024;
/** Logs of which the number of lines up to some byte, and the piece that was read last, are remembered. */
const rememberedLogs = 100;

export function logFiles(): LogFiles {
  const counted = new Map<string, { offset: number; lines: number }>();
  const latest = new Map<string, { from: number; length: number; bytes: Promise<Buffer> }>();
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

  /** Readers at the end of one log ask for the same bytes at the same time, and those never change. */
  function readShared(path: string, from: number, length: number): Promise<Buffer> {
    const known = latest.get(path);
    if (known?.from === from && known.length === length) return known.bytes;
    const bytes = readBytes(path, from, length);
    remember(latest, path, { from, length, bytes });
    return bytes;
  }

  async function linesBefore(path: string, offset: number): Promise<number> {
    const known = counted.get(path);
    const start = known && known.offset <= offset ? known : { offset: 0, lines: 0 };
    let { lines } = start;
    for (let at = start.offset; at < offset;) {
      const bytes = await readBytes(path, at, Math.min(1024 * 1024, offset - at));
      if (bytes.length === 0) break;
      for (let n = bytes.indexOf(10); n !== -1; n = bytes.indexOf(10, n + 1)) lines++;
      at += bytes.length;
    }
    remember(counted, path, { offset, lines });
    return lines;
  }

  return {
    async find(path) {
      if ((await sizeOf(path)) < 0) return undefined;
      return {
        size: async () => Math.max(0, await sizeOf(path)),
        read: (from, length) => readBytes(path, from, length),
        linesBefore: (offset) => linesBefore(path, offset),
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

/** Forgets what was remembered first where it is too much. */
function remember<Value>(known: Map<string, Value>, path: string, value: Value): void {
  known.delete(path);
  known.set(path, value);
  if (known.size > rememberedLogs) known.delete(known.keys().next().value!);
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

async function readBytes(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
