import { setTimeout as sleep } from "node:timers/promises";
import { heldBack, readLines } from "../log/lines.ts";
import type { LogSource, Source } from "../source.ts";
import { framed } from "./live.ts";

const pieceBytes = 64 * 1024;

export async function* piecesOf(
  log: LogSource,
  from: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < end && !signal.aborted;) {
    const piece = await log.read(at, Math.min(pieceBytes, end - at));
    if (piece.length === 0) return;
    at += piece.length;
    yield piece;
  }
}

export type LiveLines = (id: number, from: number, signal: AbortSignal) => AsyncGenerator<Uint8Array>;

/** Messages that are remembered, since many readers want the same ones at the same time. */
const shared = 200;

/**
 * Logs as messages. Each holds the lines that came; its id is the byte at which the next line begins. What is made for
 * one reader is handed to all others who are at the same byte.
 */
export function liveLogs(source: Source): LiveLines {
  const made = new Map<string, Uint8Array>();

  function messageOf(build: number, at: number, lines: Buffer): Uint8Array {
    const key = `${build} ${at} ${lines.length}`;
    const known = made.get(key);
    if (known) return known;
    const message = framed({ id: at + lines.length, data: readLines(lines) });
    made.set(key, message);
    if (made.size > shared) made.delete(made.keys().next().value!);
    return message;
  }

  return async function* liveLines(id, from, signal) {
    const log = await appearing(source, id, signal);
    let at = from;
    let rest: Buffer = Buffer.alloc(0);
    if (log) {
      for await (const piece of log.follow(from, signal)) {
        rest = rest.length === 0 ? asBuffer(piece) : Buffer.concat([rest, piece]);
        for (let end = endOfLines(rest); end > 0; end = endOfLines(rest)) {
          const message = messageOf(id, at, rest.subarray(0, end));
          at += end;
          rest = rest.subarray(end);
          yield message;
        }
      }
    }
    if (signal.aborted) return;
    if (rest.length > 0) yield messageOf(id, at, rest);
    const build = await source.build(id);
    // A build that is still active then was given up by whoever built it.
    const status = build?.status === "active" ? "lost" : (build?.status ?? "gone");
    yield framed({ id: at + rest.length, event: "end", data: status });
  };
}

/** A message has no more lines than that, since each costs more than its bytes. */
const mostLines = 500;

/** Where complete lines end that fit one message; 0: there is none. */
function endOfLines(bytes: Buffer): number {
  let end = 0;
  for (let lines = 0; lines < mostLines; lines++) {
    const next = bytes.indexOf(10, end);
    if (next === -1) break;
    end = next + 1;
  }
  return end === 0 && bytes.length > heldBack ? bytes.length : end;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const lookEveryMs = 250;

/** The log, as soon as there is one; undefined where the build ended without. */
export async function appearing(
  source: Pick<Source, "build" | "log">,
  id: number,
  signal: AbortSignal,
): Promise<LogSource | undefined> {
  while (!signal.aborted) {
    const build = await source.build(id);
    const log = await source.log(id);
    if (log || build === undefined || build.finishedAt !== null) return log;
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}
