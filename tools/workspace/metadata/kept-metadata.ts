import { createHash, hash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { dirname, join } from "node:path";
import { gitFolder } from "../../git/git-folder.ts";
import type { Derived } from "./derived.ts";

/** The files that decide what is derived: the evaluator, `.SRCINFO`'s form, and this room. */
const evaluator = ["../../pkgbuild", "../../alpm", "."].map((folder) => join(import.meta.dirname, folder));

/** What another version of the evaluator derived isn't taken: its files have other sizes or times. */
let version: string | undefined;

function firstLine(): string {
  version ??= `sluice metadata ${evaluatorVersion()}`;
  return version;
}

function evaluatorVersion(): string {
  const sum = createHash("sha256");
  for (const folder of evaluator) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      const { size, mtimeMs } = statSync(join(folder, name));
      sum.update(`${name} ${size} ${mtimeMs}\n`);
    }
  }
  return sum.digest("hex");
}

/** A file that was written this short before it was read may be written again within the same tick of its clock. */
const settledMs = 1_000;

/** Where more is kept than this many times what a whole workspace uses, the rest is let go. */
const mostUnused = 3;

/**
 * What was derived of PKGBUILDs, kept in the repository's Git folder, so that what didn't change isn't read again.
 * A line for each: the PKGBUILD's blob id, or the recipe's where makepkg was asked, a space, what is known as JSON. A
 * file of a work tree has a line as well, so that it isn't read where it is as it was: inode, size and the time of its
 * last change, then its blob id. Where all this can't be read or written, everything is derived anew.
 */
export class KeptMetadata {
  #derive: Derive | undefined;
  readonly #file: string | undefined;
  readonly #lines: Map<string, string>;
  readonly #used = new Set<string>();
  readonly #opened = Date.now();
  #isNew = false;

  private constructor(file: string | undefined, derive?: Derive) {
    this.#derive = derive;
    this.#file = file;
    this.#lines = file === undefined ? new Map() : readLines(file);
  }

  /**
   * @param dir a work tree, a folder in one, or a bare repository; elsewhere nothing is kept
   * @param derive how the rest is found; without it, whoever reads has to do so within `reading`
   */
  static of(dir: string, derive?: Derive): KeptMetadata {
    const folder = gitFolder(dir);
    return new KeptMetadata(folder && join(folder, "sluice", "metadata"), derive);
  }

  /** Reads once more where something isn't kept: loading the evaluator takes as long as reading what is kept. */
  async reading<T>(read: () => T): Promise<T> {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof NotKept)) throw error;
    }
    this.#derive = (await import("./derived.ts")).derive;
    return read();
  }

  get(id: string): Derived | undefined {
    const line = this.#lines.get(id);
    if (line === undefined) return undefined;
    this.#used.add(id);
    return JSON.parse(line) as Derived;
  }

  /** What makepkg said of recipes, by their ids; without what isn't known. */
  answers(): ReadonlyMap<string, Derived> {
    const ids = [...this.#lines.keys()].filter((id) => id.startsWith("recipe-"));
    return new Map(ids.map((id) => [id, JSON.parse(this.#lines.get(id)!) as Derived] as const));
  }

  /** What the text says, kept or derived now. */
  derive(id: string, pkgbuild: string): Derived {
    const kept = this.get(id);
    if (kept) return kept;
    if (!this.#derive) throw new NotKept();
    const derived = this.#derive(pkgbuild);
    this.add(id, derived);
    return derived;
  }

  add(id: string, derived: Derived): void {
    this.#set(id, asciiJson(derived));
  }

  /** What a file's text says, where the file is as it was when that was kept. */
  ofFile(stats: Stats): Derived | undefined {
    const file = fileId(stats);
    const id = this.#lines.get(file);
    if (id === undefined) return undefined;
    this.#used.add(file);
    return this.get(id);
  }

  /** @param stats from before the file was read; @param id as of `derive` */
  addFile(stats: Stats, id: string): void {
    if (stats.ctimeMs < this.#opened - settledMs) this.#set(fileId(stats), id);
  }

  #set(id: string, line: string): void {
    this.#used.add(id);
    this.#lines.set(id, line);
    this.#isNew = true;
  }

  /**
   * Writes what is new, in one rename.
   *
   * @param isWhole whether a whole workspace was read
   */
  save(isWhole: boolean): void {
    if (!this.#isNew || this.#file === undefined) return;
    // Two commits that are compared are read at the same time.
    const all = [...new Map([...readLines(this.#file), ...this.#lines])];
    const isFull = isWhole && all.length > mostUnused * this.#used.size;
    const lines = (isFull ? all.filter(([id]) => this.#used.has(id)) : all).map(
      ([id, line]) => `${id} ${line}\n`,
    );
    const temporary = `${this.#file}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(temporary, [`${firstLine()}\n`, ...lines].join(""));
      renameSync(temporary, this.#file);
      this.#isNew = false;
    } catch {
      // A clone that this user may only read: the next run derives it again.
      rmSync(temporary, { force: true });
    }
  }
}

type Derive = (pkgbuild: string) => Derived;

/** Nobody but `reading` comes by it. */
class NotKept extends Error {}

/** As Git names a file's content. */
export function blobId(content: string | Uint8Array): string {
  const header = `blob ${Buffer.byteLength(content)}\0`;
  // In one call: for thousands of small texts that is half the time.
  if (typeof content === "string") return hash("sha1", header + content);
  return createHash("sha1").update(header).update(content).digest("hex");
}

/** As Git tells that a file hasn't changed: whoever writes to it, or puts another in its place, changes its ctime. */
function fileId({ dev, ino, size, ctimeMs }: Stats): string {
  return `file-${dev}-${ino}-${size}-${ctimeMs}`;
}

/** One character beyond ASCII would make the whole file's text take twice the memory, and be read half as fast. */
function asciiJson(derived: Derived): string {
  const json = JSON.stringify(derived);
  if (Buffer.byteLength(json) === json.length) return json;
  return json.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function readLines(file: string): Map<string, string> {
  let text: string;
  try {
    // ASCII alone, see `asciiJson`
    text = readFileSync(file, "latin1");
  } catch {
    return new Map();
  }
  const lines = new Map<string, string>();
  const first = firstLine();
  if (!text.startsWith(`${first}\n`) || !text.endsWith("\n")) return lines;
  for (let at = first.length + 1; at < text.length;) {
    const end = text.indexOf("\n", at);
    const space = text.indexOf(" ", at);
    if (space !== -1 && space < end) lines.set(text.slice(at, space), text.slice(space + 1, end));
    at = end + 1;
  }
  return lines;
}
