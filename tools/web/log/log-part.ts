import type { LogSource } from "../source.ts";
import { lineReader, type LogLine } from "./lines.ts";
import type { LogIndex, Mark } from "./log-index.ts";

/** Some lines of a log in a row. */
export interface LogPart {
  readonly lines: readonly LogLine[];
  /** The number of its first line, from 1. */
  readonly first: number;
  /** Where the next line begins, in bytes. */
  readonly end: number;
  /** Whether the log ends here, as far as it is written. */
  readonly isEnd: boolean;
}

/** How much of a log is shown at once, in bytes. */
export const shownBytes = 256 * 1024;
/** How many lines are shown before the one that somebody asked for. */
const before = 100;

/** The part around a line; undefined: the end. */
export async function partOf(log: LogSource, index: LogIndex, line: number | undefined): Promise<LogPart> {
  if (line === undefined) return endOf(log, index);
  const first = Math.max(1, Math.min(line, index.lines) - before);
  const known = index.before(first);
  const from = known.offset + (await lengthOf(log, known.offset, first - known.line));
  const bytes = await log.read(from, shownBytes);
  const reader = lineReader();
  const lines = reader.push(bytes);
  const end = from + reader.consumed;
  return { lines, first, end, isEnd: end >= index.end };
}

async function endOf(log: LogSource, index: LogIndex): Promise<LogPart> {
  const from = Math.max(0, index.end - shownBytes);
  const bytes = await log.read(from, index.end - from);
  // The first line of what is shown is likely to be a piece of one.
  const start = from === 0 ? 0 : bytes.indexOf(10) + 1;
  const reader = lineReader();
  const lines = reader.push(bytes.subarray(start));
  return { lines, first: index.lines - lines.length + 1, end: from + start + reader.consumed, isEnd: true };
}

/** How many bytes that many lines take. */
async function lengthOf(log: LogSource, from: number, lines: number): Promise<number> {
  let left = lines;
  for (let at = from; left > 0;) {
    const bytes = await log.read(at, shownBytes);
    if (bytes.length === 0) return at - from;
    for (let n = bytes.indexOf(10); n !== -1; n = bytes.indexOf(10, n + 1)) {
      if (--left === 0) return at - from + n + 1;
    }
    at += bytes.length;
  }
  return 0;
}

/** Lines in which that is written, without regard to capitals. */
export interface Search {
  readonly hits: readonly Mark[];
  /** The line from which on was searched. */
  readonly from: number;
}

const searchedBytes = 64 * 1024 * 1024;
const mostHits = 100;

/** Looks through the end of a log, as much of it as doesn't take long. */
export async function searchLog(log: LogSource, index: LogIndex, wanted: string): Promise<Search> {
  const text = wanted.toLowerCase();
  const start = startOf(index);
  const hits: Mark[] = [];
  let { line } = start;
  let rest = Buffer.alloc(0);
  for (let at = start.offset; at < index.end && hits.length < mostHits;) {
    const read = await log.read(at, Math.min(1024 * 1024, index.end - at));
    if (read.length === 0) break;
    at += read.length;
    const bytes = Buffer.concat([rest, read]);
    const end = bytes.lastIndexOf(10) + 1;
    const begin = at - bytes.length;
    rest = end === 0 && bytes.length > 1024 * 1024 ? Buffer.alloc(0) : bytes.subarray(end);
    const lines = bytes.subarray(0, end).toString();
    const isThere = lines.toLowerCase().includes(text);
    let offset = begin;
    for (const one of end === 0 ? [] : lines.slice(0, -1).split("\n")) {
      if (isThere && one.toLowerCase().includes(text) && hits.length < mostHits) {
        hits.push({ line, offset, text: one.slice(0, 4096) });
      }
      line++;
      offset += Buffer.byteLength(one) + 1;
    }
  }
  return { hits, from: start.line };
}

function startOf(index: LogIndex): { readonly line: number; readonly offset: number } {
  if (index.end <= searchedBytes) return { line: 1, offset: 0 };
  // Lines are about as long everywhere; what matters is that it is bounded.
  const share = 1 - searchedBytes / index.end;
  return index.before(Math.ceil(index.lines * share));
}
