import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The files that decide what is derived: the evaluator, `.SRCINFO`'s form, and this room. */
const evaluator = ["../../pkgbuild", "../../alpm", "."].map((folder) => join(import.meta.dirname, folder));

/** What another version of the evaluator derived isn't taken: its files have other sizes or times. */
let version: string | undefined;

function firstLine(): string {
  version ??= `sluice metadata ${evaluator.flatMap(filesIn).join(" ")}`;
  return version;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name}:${size}:${mtimeMs}`;
    });
}

/** Where more is kept than this many times what a whole workspace uses, the rest is let go. */
const mostUnused = 3;

/**
 * A file with a line for each thing that is kept: its id, a space, and ASCII text. Where it can't be read or written,
 * nothing is kept.
 */
export class KeptLines {
  readonly #file: string | undefined;
  readonly #basis: string;
  readonly #used = new Set<string>();
  #read: Map<string, string> | undefined;
  #isNew = false;

  /** @param basis what the lines rest on beside the evaluator: where it's another, nothing of them is taken */
  constructor(file: string | undefined, basis = "") {
    this.#file = file;
    this.#basis = basis;
  }

  get(id: string): string | undefined {
    const line = this.#lines.get(id);
    if (line !== undefined) this.#used.add(id);
    return line;
  }

  set(id: string, line: string): void {
    this.#used.add(id);
    this.#lines.set(id, line);
    this.#isNew = true;
  }

  get size(): number {
    return this.#lines.size;
  }

  /** The ids, whether they're used or not. */
  ids(): Iterable<string> {
    return this.#lines.keys();
  }

  /**
   * Writes what is new, in one rename.
   *
   * @param isWhole whether whatever a workspace needs of it was used
   */
  save(isWhole: boolean): void {
    if (!this.#isNew || this.#file === undefined) return;
    // Two commits that are compared are read at the same time.
    const all = [...new Map([...readLines(this.#file, this.#firstLine), ...this.#lines])];
    const isFull = isWhole && all.length > mostUnused * this.#used.size;
    const lines = (isFull ? all.filter(([id]) => this.#used.has(id)) : all).map(
      ([id, line]) => `${id} ${line}\n`,
    );
    const temporary = `${this.#file}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(temporary, [`${this.#firstLine}\n`, ...lines].join(""));
      renameSync(temporary, this.#file);
      this.#isNew = false;
    } catch {
      // A clone that this user may only read: the next run derives it again.
      rmSync(temporary, { force: true });
    }
  }

  get #firstLine(): string {
    return `${firstLine()}${this.#basis}`;
  }

  get #lines(): Map<string, string> {
    return (this.#read ??=
      this.#file === undefined ? new Map<string, string>() : readLines(this.#file, this.#firstLine));
  }
}

function readLines(file: string, first: string): Map<string, string> {
  let text: string;
  try {
    // ASCII alone: one character beyond it would make the text take twice the memory, and be read half as fast.
    text = readFileSync(file, "latin1");
  } catch {
    return new Map();
  }
  const lines = new Map<string, string>();
  if (!text.startsWith(`${first}\n`) || !text.endsWith("\n")) return lines;
  for (let at = first.length + 1; at < text.length;) {
    const end = text.indexOf("\n", at);
    const space = text.indexOf(" ", at);
    if (space !== -1 && space < end) lines.set(text.slice(at, space), text.slice(space + 1, end));
    at = end + 1;
  }
  return lines;
}
