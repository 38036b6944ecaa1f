import pLimit from "p-limit";
import type { LogSource } from "../source.ts";
import { readLine } from "./lines.ts";

/** A line of a log that is worth finding. Lines count from 1. */
export interface Mark {
  readonly line: number;
  /** The byte at which it begins. */
  readonly offset: number;
  readonly text: string;
}

/** What a log holds, up to its last complete line. */
export interface LogIndex {
  readonly lines: number;
  /** Where the next line begins. */
  readonly end: number;
  /** The first ones. */
  readonly phases: readonly Mark[];
  readonly errors: readonly Mark[];
  /** The last line before that line, itself included, of which the byte is known, and the byte. */
  before(line: number): { readonly line: number; readonly offset: number };
}

/** Indexes of logs; what was read once isn't read again. */
export interface LogIndexes {
  of(build: number, log: LogSource): Promise<LogIndex>;
}

const chunkBytes = 1024 * 1024;
const everyLines = 1000;
const most = { phases: 500, errors: 200 };
const rememberedLogs = 200;
/** Each holds a chunk; a farm may have hundreds of failures whose logs are asked for together. */
const readAtOnce = 4;
/** Bytes of a line that are looked at: hundreds of them are kept. */
const longestMark = 1024;
const newline = 10;

export function logIndexes(): LogIndexes {
  const known = new Map<number, Scan>();
  const limit = pLimit(readAtOnce);
  return {
    async of(build, log) {
      const scan = known.get(build) ?? new Scan();
      known.delete(build);
      known.set(build, scan);
      if (known.size > rememberedLogs) known.delete(known.keys().next().value!);
      await limit(() => scan.goOn(log));
      return scan;
    },
  };
}

class Scan implements LogIndex {
  lines = 0;
  end = 0;
  readonly phases: Mark[] = [];
  readonly errors: Mark[] = [];
  /** Where each thousandth line begins. */
  readonly #offsets: number[] = [0];
  #running: Promise<void> | undefined;

  goOn(log: LogSource): Promise<void> {
    return (this.#running ??= this.#read(log).finally(() => {
      this.#running = undefined;
    }));
  }

  before(line: number): { readonly line: number; readonly offset: number } {
    const at = Math.min(Math.max(0, Math.floor((line - 1) / everyLines)), this.#offsets.length - 1);
    return { line: at * everyLines + 1, offset: this.#offsets[at]! };
  }

  async #read(log: LogSource): Promise<void> {
    const size = await log.size();
    while (this.end < size) {
      const read = await log.read(this.end, Math.min(chunkBytes, size - this.end));
      const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
      const last = bytes.lastIndexOf(newline);
      // A line that is longer than a chunk is cut, as wherever it is shown.
      if (last === -1 && bytes.length < chunkBytes) return;
      this.#take(last === -1 ? bytes : bytes.subarray(0, last + 1));
    }
  }

  #take(bytes: Buffer): void {
    let candidate = nextCandidate(bytes, 0);
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(newline, start);
      const end = found === -1 ? bytes.length : found;
      if (startsPhase(bytes, start) || candidate < end)
        this.#look(bytes.subarray(start, end), this.end + start);
      if (candidate < end) candidate = nextCandidate(bytes, end);
      if (found !== -1) this.lines++;
      start = end + 1;
      if (found !== -1 && this.lines % everyLines === 0) this.#offsets.push(this.end + start);
    }
    this.end += bytes.length;
  }

  #look(bytes: Buffer, offset: number): void {
    const { kind, pieces } = readLine(bytes.subarray(0, longestMark).toString());
    if (kind === "plain" || kind === "note") return;
    const list = kind === "phase" ? "phases" : "errors";
    const text = pieces.map(([piece]) => piece).join("");
    if (this[list].length < most[list]) this[list].push({ line: this.lines + 1, offset, text });
  }
}

/** `==> `, or an escape before it. */
function startsPhase(bytes: Buffer, at: number): boolean {
  const first = bytes[at];
  return first === 0x3d || first === 0x1b;
}

/** Where the next line may be an error; a look at the line itself decides. */
function nextCandidate(bytes: Buffer, from: number): number {
  const [error, make] = [bytes.indexOf("rror", from), bytes.indexOf("*** ", from)];
  const [a, b] = [error, make].map((at) => (at === -1 ? Number.POSITIVE_INFINITY : at));
  return Math.min(a!, b!);
}
