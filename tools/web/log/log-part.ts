import type { LogSource } from "../source.ts";
import { lineReader, type LogLine } from "./lines.ts";
import type { LogIndex } from "./log-index.ts";

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
