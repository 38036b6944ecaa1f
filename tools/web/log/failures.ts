import type { Source } from "../source.ts";
import { lineReader } from "./lines.ts";
import type { LogIndexes } from "./log-index.ts";

/** What a log says of why its build failed. */
export interface Failure {
  /** The first error, or where there is none the last line. */
  readonly error: string | null;
  /** The lines around it, as text. */
  readonly lines: readonly string[];
  /** The number of the first of them. */
  readonly line: number;
}

const nothing: Failure = { error: null, lines: [], line: 1 };
const remembered = 5000;
const around = { before: 3, after: 4 };

/** Reads what logs of failed builds say; they don't change any more. */
export function failures(
  source: Pick<Source, "log">,
  indexes: LogIndexes,
): (build: number) => Promise<Failure> {
  const known = new Map<number, Promise<Failure>>();
  return (build) => {
    const found = known.get(build) ?? read(build);
    known.set(build, found);
    found.catch(() => known.delete(build));
    if (known.size > remembered) known.delete(known.keys().next().value!);
    return found;
  };

  async function read(build: number): Promise<Failure> {
    const log = await source.log(build);
    if (!log) return nothing;
    const index = await indexes.of(build, log);
    // What Sluice itself says at the end is said beside it anyway.
    const error = index.errors.find(({ text }) => !text.startsWith(":: "));
    const from = error
      ? Math.max(1, error.line - around.before)
      : Math.max(1, index.lines - around.after - 3);
    const place = index.before(from);
    const bytes = await log.read(place.offset, 256 * 1024);
    const lines = lineReader()
      .push(bytes)
      .map(({ pieces }) =>
        pieces
          .map(([piece]) => piece)
          .join("")
          .slice(0, 300),
      );
    const start = from - place.line;
    const count = (error ? error.line - from : 0) + around.after;
    const shown = lines.slice(start, start + count);
    return { error: error?.text.slice(0, 300) ?? null, lines: shown, line: from };
  }
}

/** An error without what differs from package to package: its name, versions, numbers, paths. */
export function causeOf(text: string, pkgbase: string): string {
  return text
    .replaceAll(pkgbase, "PACKAGE")
    .replace(/(?:\/[^\s:'"]+)+/g, "PATH")
    .replace(/\b[\w.+-]+\.(?:c|cc|cpp|h|hpp|rs|go|py|js|ts|java|vala|f90)\b/g, "FILE")
    .replace(/\b[0-9a-f]{7,}\b|\d+/g, "N");
}
