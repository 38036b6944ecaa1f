import { open } from "node:fs/promises";

/** Sends a growing log on: piece by piece, in order, again from where the other side is. */
export interface LogStream {
  /** There is more. */
  grown(): void;
  /** Resolves once all that is there has been sent, or `signal` has ended it. */
  end(): Promise<void>;
}

const pauseMs = 250;
const pieceBytes = 2 ** 20;

/**
 * @param path of the log's file here
 * @param at where it begins over there, in bytes
 * @param send takes a piece and where it begins; returns how much is there
 */
export function streamLog(
  path: string,
  at: number,
  send: (at: number, piece: Uint8Array) => Promise<number>,
  signal: AbortSignal,
): LogStream {
  let base = at;
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();

  async function sendRest(): Promise<void> {
    for (let idle = 0; !signal.aborted && idle < 3;) {
      const piece = await readFrom(path, sent);
      if (piece.length === 0) return;
      const there = await send(base + sent, piece);
      // A crash over there may have cost what it hadn't written.
      if (there < base) base = there;
      const now = Math.max(0, there - base);
      idle = now > sent ? 0 : idle + 1;
      sent = now;
    }
  }

  return {
    grown() {
      timer ??= setTimeout(() => {
        timer = undefined;
        // What couldn't be sent is sent with what comes after it.
        sending = sending.then(sendRest).catch(() => undefined);
      }, pauseMs);
    },
    async end() {
      clearTimeout(timer);
      await sending;
      await sendRest().catch(() => undefined);
    },
  };
}

async function readFrom(path: string, position: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
