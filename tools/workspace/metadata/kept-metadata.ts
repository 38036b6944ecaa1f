import type { Stats } from "node:fs";
import { join } from "node:path";
import { gitFolder } from "../../git/git-folder.ts";
import type { Derived } from "./derived.ts";
import { KeptLines } from "./kept-lines.ts";
import { type Differing, KeptReadings } from "./kept-readings.ts";

/** A file that was written this short before it was read may be written again within the same tick of its clock. */
const settledMs = 1_000;

/**
 * What was derived of PKGBUILDs, kept in the repository's Git folder, so that what didn't change isn't read again:
 * JSON by the PKGBUILD's blob id, or by the recipe's where makepkg was asked. A file of a work tree is known by its
 * inode, size and the time of its last change: by these its blob id, so that it isn't read where it is as it was, and
 * in a file of its own what a dependency tree is made of, which is a fourth of it all.
 */
export class KeptMetadata {
  #derive: Derive | undefined;
  readonly #all: KeptLines;
  #trees: KeptLines;
  readonly #readings: KeptReadings;
  readonly #folder: string | undefined;
  readonly #opened = Date.now();

  private constructor(folder: string | undefined, derive?: Derive) {
    this.#derive = derive;
    this.#folder = folder;
    this.#readings = new KeptReadings(folder);
    this.#all = new KeptLines(folder && join(folder, "metadata"));
    this.#trees = this.#openTrees();
  }

  /**
   * @param dir a work tree, a folder in one, or a bare repository; elsewhere nothing is kept
   * @param derive how the rest is found; without it, whoever reads has to do so within `reading`
   */
  static of(dir: string, derive?: Derive): KeptMetadata {
    const folder = gitFolder(dir);
    return new KeptMetadata(folder && join(folder, "sluice"), derive);
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
    return this.#readings.metadataOf(id) ?? parsed(this.#all.get(id));
  }

  /** Whether anything is known of texts by their ids. */
  get knowsTexts(): boolean {
    return this.#all.size > 0 || this.#readings.differing.size > 0;
  }

  /** Whether it is known if another program reads this text as we do. */
  isCompared(id: string): boolean {
    return this.#readings.isCompared(id);
  }

  /** @param line where another program reads it otherwise; undefined: it reads it as we do */
  addReading(id: string, line: number | undefined): void {
    this.#readings.add(id, line);
    if (line !== undefined) this.#trees = this.#openTrees();
  }

  /** Texts that another program reads otherwise. */
  get differing(): Differing {
    return this.#readings.differing;
  }

  /** Whether the branch `state`, as this clone saw it last, may tell of more. */
  get hasNews(): boolean {
    return this.#readings.hasNews;
  }

  /** Adds what the branch `state` tells at a commit. */
  learn(commit: string, differing: Differing): void {
    this.#readings.learn(commit, differing);
    this.#trees = this.#openTrees();
  }

  /** What makepkg said of recipes, by their ids; without what isn't known. */
  answers(): ReadonlyMap<string, Derived> {
    const ids = [...this.#all.ids()].filter((id) => id.startsWith("recipe-"));
    return new Map(ids.map((id) => [id, this.get(id)!] as const));
  }

  /**
   * What the text says, kept or derived now.
   *
   * @param part `tree`: it isn't kept here, where all of it would be
   */
  derive(id: string, pkgbuild: string, part: Part = "all"): Derived {
    const kept = this.get(id);
    if (kept) return kept;
    if (!this.#derive) throw new NotKept();
    const derived = this.#derive(pkgbuild);
    if (part === "all") this.add(id, derived);
    return derived;
  }

  add(id: string, derived: Derived): void {
    this.#all.set(id, asciiJson(derived));
  }

  /**
   * What a file's text says, where the file is as it was when that was kept.
   *
   * @param part `tree`: without fields that nothing of a dependency tree depends on
   */
  ofFile(stats: Stats, part: Part): Derived | undefined {
    if (part === "tree") return parsed(this.#trees.get(fileId(stats)));
    const id = this.#all.get(fileId(stats));
    return id === undefined ? undefined : this.get(id);
  }

  /** @param stats from before the file was read; @param id as of `derive` */
  addFile(stats: Stats, id: string, derived: Derived, part: Part): void {
    if (stats.ctimeMs >= this.#opened - settledMs) return;
    if (part === "tree") this.#trees.set(fileId(stats), asciiJson(treePart(derived)));
    else this.#all.set(fileId(stats), id);
  }

  /** Writes what is new. @param whole what was read of a whole workspace, if anything */
  save(whole?: Part): void {
    this.#readings.save();
    this.#all.save(whole === "all");
    this.#trees.save(whole === "tree");
  }

  /** Their lines don't tell which text they are of: they are good for as long as no other text is read otherwise. */
  #openTrees(): KeptLines {
    const differing = [...this.#readings.differing.keys()].sort();
    return new KeptLines(
      this.#folder && join(this.#folder, "trees"),
      differing.map((id) => ` not ${id}`).join(""),
    );
  }
}

type Derive = (pkgbuild: string) => Derived;

/** How much of what a PKGBUILD says is wanted. */
export type Part = "tree" | "all";

/** Nobody but `reading` comes by it. */
class NotKept extends Error {}

/** As Git tells that a file hasn't changed: whoever writes to it, or puts another in its place, changes its ctime. */
function fileId({ dev, ino, size, ctimeMs }: Stats): string {
  return `${dev}-${ino}-${size}-${ctimeMs}`;
}

function parsed(line: string | undefined): Derived | undefined {
  return line === undefined ? undefined : (JSON.parse(line) as Derived);
}

/** Where something isn't known, `.SRCINFO` is compared with all of it. */
function treePart(derived: Derived): Derived {
  const { base, packages, whole } = derived;
  if (!whole) return derived;
  const own = packages && packages.map(([pkgname, fields]) => [pkgname, relationsIn(fields)] as const);
  return { ...derived, base: relationsIn(base), packages: own };
}

function relationsIn(fields: Derived["base"]): Derived["base"] {
  return fields.filter(([field]) => ofTree.test(field));
}

const ofTree = /^(?:arch|provides|(?:make|check)?depends)(?:_|$)/;

/** As `KeptLines` wants it. */
function asciiJson(derived: Derived): string {
  const json = JSON.stringify(derived);
  if (Buffer.byteLength(json) === json.length) return json;
  return json.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
