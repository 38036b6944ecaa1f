import { SluiceError } from "../errors.ts";

/**
 * Numbers and names in a file that nobody vouches for: every access is checked against the file's end. The file may
 * come in pieces, which are joined only where something lies across two of them: most of a file is never looked at.
 */
export class ByteReader {
  readonly length: number;
  readonly #pieces: readonly Uint8Array[];
  /** Where each piece begins. */
  readonly #starts: readonly number[];
  readonly #littleEndian: boolean;
  #namesLeft = maxNames;
  /** The piece that was looked at last, and where it begins. */
  #near: { readonly view: DataView; readonly start: number } | undefined;

  constructor(pieces: readonly Uint8Array[], littleEndian: boolean) {
    const starts: number[] = [];
    let length = 0;
    for (const piece of pieces) {
      starts.push(length);
      length += piece.length;
    }
    this.#pieces = pieces;
    this.#starts = starts;
    this.length = length;
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
    this.#check(offset, 1);
    const most = Math.min(end, this.length, offset + maxName + 1);
    // Most names are short, and in one piece.
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
    this.#check(offset, length);
    const first = this.#pieceAt(offset);
    const [piece, start] = [this.#pieces[first], this.#starts[first]!];
    if (piece && offset + length <= start + piece.length) {
      return piece.subarray(offset - start, offset - start + length);
    }
    const joined = new Uint8Array(length);
    for (let index = first, filled = 0; filled < length; index++) {
      const from = index === first ? offset - start : 0;
      const part = this.#pieces[index]!.subarray(from, from + length - filled);
      joined.set(part, filled);
      filled += part.length;
    }
    return joined;
  }

  #viewOf(offset: number, length: number): [DataView, number] {
    const near = this.#near;
    if (near && offset >= near.start && offset + length <= near.start + near.view.byteLength) {
      return [near.view, offset - near.start];
    }
    this.#check(offset, length);
    const index = this.#pieceAt(offset);
    const [piece, start] = [this.#pieces[index]!, this.#starts[index]!];
    if (offset + length > start + piece.length) {
      const joined = this.slice(offset, length);
      return [new DataView(joined.buffer, joined.byteOffset, length), 0];
    }
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#near = { view, start };
    return [view, offset - start];
  }

  /** The index of the piece that holds a byte. */
  #pieceAt(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  #check(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.length) return;
    throw damaged(`something of ${length} bytes is said to be at byte ${offset}`);
  }
}

/** Bytes. Linux allows no longer path; all names that are read of the largest libraries have some 30 kB together. */
const [maxName, maxNames] = [4096, 2 ** 20];

const text = new TextDecoder();

export function damaged(what: string): SluiceError {
  return new SluiceError("elf-damaged", `the ELF file is damaged: ${what}`, { exitCode: 1 });
}
