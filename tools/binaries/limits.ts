import { SluiceError } from "../errors.ts";

/** Bytes. Linux allows no longer path. */
export const maxPath = 4096;

/**
 * What is kept of one package, in characters with something for each name. All names of the largest packages have a
 * tenth of it; a package that has more would fill the publisher's memory, and `needs.json`.
 */
const maxOfPackage = 8 * 2 ** 20;
const perName = 32;

/** How much more of a package, or of whatever else, may be kept. */
export class NamesLeft {
  #left: number;
  readonly #what: string;

  constructor(most = maxOfPackage, what = "its files name more than any package's") {
    this.#left = most;
    this.#what = what;
  }

  /** @throws SluiceError `names-too-many` */
  take(...names: readonly string[]): void {
    for (const name of names) this.#left -= name.length + perName;
    if (this.#left >= 0) return;
    throw new SluiceError("names-too-many", this.#what, { exitCode: 1 });
  }
}
