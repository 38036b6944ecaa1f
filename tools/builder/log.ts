import { appendFileSync, closeSync, fstatSync, fsync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** The log of one build: a file, and other listeners. */
export interface BuildLog {
  readonly path: string;
  /** What the sandbox says, as it comes. */
  write(chunk: Uint8Array): void;
  /** A line of Sluice's own. */
  note(line: string): void;
  close(): void;
}

export function openLog(path: string, listen?: (chunk: Uint8Array) => void): BuildLog {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a", 0o644);
  const note = noteTimes(path);
  const write = (chunk: Uint8Array): void => {
    note(fstatSync(file).size);
    writeSync(file, chunk);
    listen?.(chunk);
  };
  return {
    path,
    write,
    note: (line) => write(Buffer.from(noteOf(line))),
    // The disk has it soon; a thousand builders can't wait for that in turn.
    close: () => fsync(file, () => closeSync(file)),
  };
}

/** A line of Sluice's own, as it stands in a log. */
export function noteOf(line: string): string {
  return `:: ${line}\n`;
}

/** Where the times of a log lie: lines with a byte, and when it was written, in milliseconds since 1970. */
export function timesOf(log: string): string {
  return log.replace(/\.log$/, ".times");
}

/** Where namcap's report on what a build made lies, by its log. */
export function namcapOf(log: string): string {
  return log.replace(/\.log$/, ".namcap");
}

/** How long a phase took is known to the second; more lines would say no more. */
const noteEveryMs = 1000;

/** Notes when a log grows: call it with its size before. Whatever becomes of the times, the log goes on. */
export function noteTimes(log: string, now: () => number = Date.now): (size: number) => void {
  let noted = Number.NEGATIVE_INFINITY;
  return (size) => {
    if (now() - noted < noteEveryMs) return;
    noted = now();
    try {
      appendFileSync(timesOf(log), `${size} ${noted}\n`);
    } catch {
      noted = Number.POSITIVE_INFINITY;
    }
  };
}
