import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { maxLogBytes } from "../builder-protocol.ts";
import { sizeOf } from "./landing.ts";

/**
 * Appends to a build's log what isn't there yet of a piece that begins at byte `at`. A piece beyond the end is left
 * out, and the answer says from where on it is to be sent again. So every byte is there once, whatever got lost.
 *
 * @returns the size of the log afterwards
 */
export async function appendLog(path: string, at: number, bytes: Readable): Promise<number> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maxPieceBytes) break;
    pieces.push(piece);
  }
  await mkdir(dirname(path), { recursive: true });
  const have = await sizeOf(path);
  const fresh = Buffer.concat(pieces).subarray(Math.max(0, have - at));
  if (at > have || fresh.length === 0 || have + fresh.length > maxLogBytes) return have;
  const file = await open(path, "a", 0o644);
  try {
    await file.appendFile(fresh);
  } finally {
    await file.close();
  }
  return have + fresh.length;
}

const maxPieceBytes = 4 * 2 ** 20;
