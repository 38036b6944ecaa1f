import { setTimeout as sleep } from "node:timers/promises";
import { lineReader } from "../log/lines.ts";
import type { LogSource, Source } from "../source.ts";
import type { Message } from "./live.ts";

const pieceBytes = 64 * 1024;

export async function* piecesOf(log: LogSource, from: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < end;) {
    const piece = await log.read(at, Math.min(pieceBytes, end - at));
    if (piece.length === 0) return;
    at += piece.length;
    yield piece;
  }
}

/** Each message holds the lines that came; its id is the byte at which the next line begins. */
export async function* liveLines(
  source: Source,
  id: number,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  const log = await appearing(source, id, signal);
  const reader = lineReader();
  if (log) {
    for await (const piece of log.follow(from, signal)) {
      const lines = reader.push(piece);
      if (lines.length > 0) yield { id: from + reader.consumed, data: lines };
    }
  }
  if (signal.aborted) return;
  const rest = reader.end();
  if (rest.length > 0) yield { id: from + reader.consumed, data: rest };
  const build = await source.build(id);
  // A build that is still active then was given up by whoever built it.
  const status = build?.status === "active" ? "lost" : (build?.status ?? "gone");
  yield { id: from + reader.consumed, event: "end", data: status };
}

const lookEveryMs = 250;

/** The log, as soon as there is one; undefined where the build ended without. */
export async function appearing(
  source: Source,
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
