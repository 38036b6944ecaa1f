import { fstatSync, readSync } from "node:fs";
import type { FileBytes } from "../alpm/file-bytes.ts";

const pageSize = 4096;
/** Pages that are kept: headers of a file and what they point at are looked at by turns. */
const maxPages = 256;

/** A file of which parts are read, most of them near to the one before. */
export class PagedFile implements FileBytes {
  readonly size: number;
  readonly #file: number;
  readonly #pages = new Map<number, Uint8Array>();

  /** @param file a file descriptor */
  constructor(file: number) {
    this.#file = file;
    this.size = fstatSync(file).size;
  }

  read(offset: number, length: number): Uint8Array {
    const start = offset - (offset % pageSize);
    if (offset + length > start + pageSize) return this.#readAt(offset, length);
    const known = this.#pages.get(start);
    if (known) return known.subarray(offset - start, offset - start + length);
    if (this.#pages.size === maxPages) this.#pages.clear();
    const page = this.#readAt(start, Math.min(pageSize, this.size - start));
    this.#pages.set(start, page);
    return page.subarray(offset - start, offset - start + length);
  }

  #readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const read = readSync(this.#file, bytes, filled, length - filled, offset + filled);
      if (read === 0) throw new Error("a file that is read became shorter");
      filled += read;
    }
    return bytes;
  }
}
