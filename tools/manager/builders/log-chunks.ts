import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { noteOf, noteTimes } from "../../builder/log.ts";
import { maxLogBytes } from "../builder-protocol.ts";

/**
 * Begins a builder's part of a build's log with a line of the manager's own.
 *
 * @returns where what the builder says begins, in bytes
 */
export function beginLog(path: string, line: string): number {
  return append(path, () => Buffer.from(noteOf(line)));
}

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
  return append(path, (have) => {
    const fresh = at > have ? Buffer.alloc(0) : Buffer.concat(pieces).subarray(have - at);
    return have + fresh.length > maxLogBytes ? Buffer.alloc(0) : fresh;
  });
}

const maxPieceBytes = 4 * 2 ** 20;

/** In one go: a piece that is sent again may arrive while the first one is still being dealt with. */
function append(path: string, what: (have: number) => Buffer): number {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a", 0o644);
  try {
    const have = fstatSync(file).size;
    const fresh = what(have);
    if (fresh.length > 0) noteTimes(path)(have);
    return have + writeSync(file, fresh);
  } finally {
    closeSync(file);
  }
}
