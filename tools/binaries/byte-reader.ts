import type { FileBytes } from "../alpm/file-bytes.ts";
import { SluiceError } from "../errors.ts";

/**
 * Numbers and names in a file that nobody vouches for: every access is checked against the file's end. Only what is
 * looked at is read.
 */
export class ByteReader {
  readonly #file: FileBytes;
  readonly #littleEndian: boolean;
  #namesLeft = maxNames;
  /** The part that was looked at last, and where it begins. */
  #near: { readonly view: DataView; readonly start: number } | undefined;

  constructor(file: FileBytes, littleEndian: boolean) {
    this.#file = file;
    this.#littleEndian = littleEndian;
  }

  u16(offset: number): number {
    const [view, at] = this.#viewOf(offset, 2);
    return view.getUint16(at, this.#littleEndian);
  }

  u32(offset: number): number {
    const [view, at] = this.#viewOf(offset, 4);
    return view.getUint32(at, this.#littleEndian);
  }

  /** As a number: beyond 2^53 nothing in a file is right. */
  u64(offset: number): number {
    const [low, high] = [this.u32(offset), this.u32(offset + 4)];
    const value = this.#littleEndian ? high * 2 ** 32 + low : low * 2 ** 32 + high;
    return Number.isSafeInteger(value) ? value : Infinity;
  }

  /** The text up to the next zero byte, which must come before `end`. */
  name(offset: number, end: number): string {
    this.check(offset, 1);
    const most = Math.min(end, this.#file.size, offset + maxName + 1);
    // Most names are short.
    for (const stop of [Math.min(most, offset + 64), most]) {
      const bytes = this.slice(offset, Math.max(0, stop - offset));
      const length = bytes.indexOf(0);
      if (length < 0) continue;
      this.#namesLeft -= length + 16;
      if (this.#namesLeft < 0) throw damaged("it has too many names");
      return text.decode(bytes.subarray(0, length));
    }
    throw damaged(`the name at byte ${offset} doesn't end`);
  }

  /** @throws SluiceError `elf-damaged` unless all of the range is in the file */
  slice(offset: number, length: number): Uint8Array {
    this.check(offset, length);
    return this.#file.read(offset, length);
  }

  /** @throws SluiceError `elf-damaged` unless all of the range is in the file */
  check(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.#file.size) return;
    throw damaged(`something of ${length} bytes is said to be at byte ${offset}`);
  }

  #viewOf(offset: number, length: number): [DataView, number] {
    const near = this.#near;
    if (near && offset >= near.start && offset + length <= near.start + near.view.byteLength) {
      return [near.view, offset - near.start];
    }
    this.check(offset, length);
    const bytes = this.#file.read(offset, Math.min(nearby, this.#file.size - offset));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#near = { view, start: offset };
    return [view, 0];
  }
}

/** Bytes that are looked at together. */
const nearby = 256;

/** Bytes. Linux allows no longer path; all names that are read of the largest libraries have some 30 kB together. */
const [maxName, maxNames] = [4096, 2 ** 18];

const text = new TextDecoder();

export function damaged(what: string): SluiceError {
  return new SluiceError("elf-damaged", `the ELF file is damaged: ${what}`, { exitCode: 1 });
}
