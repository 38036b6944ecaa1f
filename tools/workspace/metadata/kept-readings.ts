import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { remote, stateRef } from "../refs.ts";
import type { Derived } from "./derived.ts";
import { KeptLines } from "./kept-lines.ts";

/** The line from which another program reads a text otherwise, from 1, by the text's blob id. */
export type Differing = ReadonlyMap<string, number>;

/** No blob's id: the commit of the branch `state` whose differing readings are among those that are kept. */
const stateKey = "state";

/**
 * Which PKGBUILDs were read by another program, too, and which of them it reads otherwise: by their blob ids. Those that
 * differ have a file of their own, as every reader needs them, and there are hardly any.
 */
export class KeptReadings {
  readonly #git: string | undefined;
  readonly #same: KeptLines;
  readonly #other: KeptLines;

  /** @param folder in the Git folder */
  constructor(folder: string | undefined) {
    this.#git = folder && dirname(folder);
    this.#same = new KeptLines(folder && join(folder, "readings"));
    this.#other = new KeptLines(folder && join(folder, "differing-readings"));
  }

  /** What is known of the text instead of what it seems to say. */
  metadataOf(id: string): Derived | undefined {
    const line = this.#other.get(id);
    return line === undefined ? undefined : readOtherwise(Number(line));
  }

  isCompared(id: string): boolean {
    return this.#other.get(id) !== undefined || this.#same.get(id) !== undefined;
  }

  /** @param line where it's read otherwise; undefined: it is read alike */
  add(id: string, line: number | undefined): void {
    if (line === undefined) this.#same.set(id, "");
    else this.#other.set(id, String(line));
  }

  get differing(): Differing {
    const ids = [...this.#other.ids()].filter((id) => id !== stateKey);
    return new Map(ids.map((id) => [id, Number(this.#other.get(id))] as const));
  }

  /** Whether the branch `state`, as this clone saw it last, may tell of more. Looks at files alone. */
  get hasNews(): boolean {
    const commit = this.#git && stateCommitIn(this.#git);
    return commit !== undefined && commit !== this.#other.get(stateKey);
  }

  /** Adds what the branch `state` tells at a commit. */
  learn(commit: string, differing: Differing): void {
    if (this.#other.get(stateKey) === commit) return;
    this.#other.set(stateKey, commit);
    for (const [id, line] of differing) this.#other.set(id, String(line));
  }

  save(): void {
    this.#same.save(false);
    this.#other.save(false);
  }
}

function readOtherwise(line: number): Derived {
  const reason = "bash may read it in another way than it seems";
  const unknown = [{ pkgname: undefined, field: "PKGBUILD", reason, line }];
  const nothing = { pkgbase: "", base: [], packages: null, movesVersion: false, whole: false };
  return { ...nothing, unknown, isReadOtherwise: true };
}

/** As `stateCommitHere`, without starting Git. */
function stateCommitIn(gitFolder: string): string | undefined {
  let packed: string | undefined;
  for (const ref of [`refs/remotes/${remote}/state`, stateRef]) {
    const loose = read(join(gitFolder, ref)).trim();
    if (isId.test(loose)) return loose;
    packed ??= read(join(gitFolder, "packed-refs"));
    const at = packed.indexOf(` ${ref}\n`);
    if (at !== -1) return packed.slice(packed.lastIndexOf("\n", at) + 1, at);
  }
  return undefined;
}

const isId = /^[0-9a-f]{40,64}$/;

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
