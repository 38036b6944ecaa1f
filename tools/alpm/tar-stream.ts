import { block, damaged, TarHeaders, type TarEntry } from "./tar-header.ts";

/** An entry of an archive that comes in pieces. What isn't read of it before the next one is passed over. */
export interface StreamedEntry extends TarEntry {
  readonly size: number;
  /** Its first bytes, as many as it has; the next call goes on after them. */
  read(bytes: number): Promise<Uint8Array>;
}

/** Bytes; a pax header is some hundred. */
const maxExtension = 2 ** 20;

/**
 * The entries of an uncompressed tar archive, in its order, without having more of it in memory than is asked for.
 *
 * @throws SluiceError `tar-damaged` where a header's checksum is wrong or the archive ends within an entry.
 */
export async function* readTarStream(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEntry> {
  const source = new PieceReader(pieces);
  const headers = new TarHeaders();
  for (;;) {
    const at = source.position;
    const bytes = await source.take(block);
    if (bytes.length === 0) return;
    if (bytes.length < block) throw damaged(`the header at byte ${at} ends outside the archive`);
    const header = headers.read(bytes, at);
    if (header.kind === "end") return source.drain();
    const end = at + block + Math.ceil(header.size / block) * block;
    if (header.kind === "extension") {
      if (header.size > maxExtension) throw damaged(`the header at byte ${at} is too long`);
      headers.extend(header.type, await source.take(header.size));
    } else {
      const { size, entry } = header;
      let left = size;
      const read = async (wanted: number): Promise<Uint8Array> => {
        const taken = await source.take(Math.min(wanted, left));
        if (taken.length < Math.min(wanted, left)) throw damaged(`${entry.path} ends outside the archive`);
        left -= taken.length;
        return taken;
      };
      yield { ...entry, size, read };
    }
    await source.skip(end - source.position);
  }
}

/** Bytes that come in pieces of any size, as pieces of the wanted size. */
class PieceReader {
  position = 0;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Fewer bytes than wanted only at the end. They are a view where they came in one piece. */
  async take(wanted: number): Promise<Uint8Array> {
    if (this.#piece.length === 0 && wanted > 0) await this.#next();
    if (this.#piece.length >= wanted) return this.#cut(wanted);
    const taken = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted && this.#piece.length > 0) {
      const part = this.#cut(Math.min(wanted - filled, this.#piece.length));
      taken.set(part, filled);
      filled += part.length;
      if (this.#piece.length === 0) await this.#next();
    }
    return taken.subarray(0, filled);
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0;) {
      if (this.#piece.length === 0 && !(await this.#next())) throw damaged("it ends within a file");
      left -= this.#cut(Math.min(left, this.#piece.length)).length;
    }
  }

  /** What comes after the end is only padding, and whoever writes it wants to be read. */
  async drain(): Promise<void> {
    while (await this.#next());
  }

  #cut(bytes: number): Uint8Array {
    const part = this.#piece.subarray(0, bytes);
    this.#piece = this.#piece.subarray(bytes);
    this.position += bytes;
    return part;
  }

  async #next(): Promise<boolean> {
    const { done = false, value } = await this.#pieces.next();
    this.#piece = done ? new Uint8Array() : value!;
    return !done;
  }
}
