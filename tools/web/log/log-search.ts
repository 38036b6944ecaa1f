import { setImmediate as turn } from "node:timers/promises";
import pLimit from "p-limit";
import type { LogSource } from "../source.ts";
import type { LogIndex, Mark } from "./log-index.ts";

/** Lines in which that is written, without regard to capitals. */
export interface Search {
  readonly hits: readonly Mark[];
  /** The line from which on was searched. */
  readonly from: number;
}

/** Too many search or wait for it; becomes an answer with that status. */
export class TooManySearches extends Error {
  readonly statusCode = 503;
  override readonly message = "too many searches at once; try again in a few seconds";
}

export type LogSearch = (
  log: LogSource,
  index: LogIndex,
  wanted: string,
  gone: AbortSignal,
) => Promise<Search>;

const atOnce = 2;
const waiting = 20;

/**
 * Looks through the end of a log, as much of it as doesn't take long. Few do so at once, some wait, and who has gone
 * is searched for no longer.
 *
 * @throws TooManySearches
 */
export function logSearch(): LogSearch {
  const limit = pLimit(atOnce);
  return async (log, index, wanted, gone) => {
    if (limit.pendingCount >= waiting) throw new TooManySearches();
    return limit(() => searchLog(log, index, wanted.toLowerCase(), gone));
  };
}

const searchedBytes = 64 * 1024 * 1024;
/** Looked through in one go; others have their turn in between. */
const pieceBytes = 256 * 1024;
const mostHits = 100;
const newline = 10;

async function searchLog(
  log: LogSource,
  index: LogIndex,
  wanted: string,
  gone: AbortSignal,
): Promise<Search> {
  const start = startOf(index);
  const hits: Mark[] = [];
  let { line } = start;
  let rest = Buffer.alloc(0);
  for (let at = start.offset; at < index.end && hits.length < mostHits;) {
    await turn();
    gone.throwIfAborted();
    const read = await log.read(at, Math.min(pieceBytes, index.end - at));
    if (read.length === 0) break;
    at += read.length;
    const bytes = Buffer.concat([rest, read]);
    const complete = bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
    const offset = at - bytes.length;
    rest =
      complete.length === 0 && bytes.length > pieceBytes ? Buffer.alloc(0) : bytes.subarray(complete.length);
    hits.push(...hitsIn(complete, wanted, { line, offset }).slice(0, mostHits - hits.length));
    line += linesOf(complete);
  }
  return { hits, from: start.line };
}

/** @param first where the bytes begin */
function hitsIn(bytes: Buffer, wanted: string, first: Pick<Mark, "line" | "offset">): Mark[] {
  const text = bytes.toString();
  if (!text.toLowerCase().includes(wanted)) return [];
  const hits: Mark[] = [];
  let { line, offset } = first;
  for (const one of text.slice(0, -1).split("\n")) {
    if (one.toLowerCase().includes(wanted)) hits.push({ line, offset, text: one.slice(0, 4096) });
    line++;
    offset += Buffer.byteLength(one) + 1;
  }
  return hits;
}

function linesOf(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}

function startOf(index: LogIndex): { readonly line: number; readonly offset: number } {
  if (index.end <= searchedBytes) return { line: 1, offset: 0 };
  // Lines are about as long everywhere; what matters is that it is bounded.
  const share = 1 - searchedBytes / index.end;
  return index.before(Math.ceil(index.lines * share));
}
