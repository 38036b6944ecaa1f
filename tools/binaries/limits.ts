import { SluiceError } from "../errors.ts";

/** Bytes. Linux allows no longer path. */
export const maxPath = 4096;

/**
 * What is kept of one package, in characters with something for each name. All names of the largest packages have a
 * tenth of it; a package that has more would fill the publisher's memory, and `needs.json`.
 */
const maxKept = 8 * 2 ** 20;
const perName = 32;

/** How much more of a package may be kept. */
export class NamesLeft {
  #left = maxKept;

  /** @throws SluiceError `names-too-many` */
  take(...names: readonly string[]): void {
    for (const name of names) this.#left -= name.length + perName;
    if (this.#left >= 0) return;
    throw new SluiceError("names-too-many", "its files name more than any package's", { exitCode: 1 });
  }
}
