import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
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
  const write = (chunk: Uint8Array): void => {
    writeSync(file, chunk);
    listen?.(chunk);
  };
  return {
    path,
    write,
    note: (line) => write(Buffer.from(noteOf(line))),
    close: () => {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

/** A line of Sluice's own, as it stands in a log. */
export function noteOf(line: string): string {
  return `:: ${line}\n`;
}
