import { inMemory, partOf, type FileBytes } from "./file-bytes.ts";
import { block, damaged, TarHeaders, type TarEntry } from "./tar-header.ts";

/** One entry of an archive with what is in it. */
export interface ArchivedEntry extends TarEntry {
  readonly content: FileBytes;
}

/** One regular file of an archive; `bytes` is a view into the archive, not a copy. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes; a pax header is some hundred. */
const maxExtension = 2 ** 20;

/**
 * The entries of an uncompressed tar archive, in its order. Only their headers are read of it.
 *
 * @throws SluiceError `tar-damaged` where a header's checksum is wrong or the archive ends within a file.
 */
export function* tarEntries(archive: FileBytes): Generator<ArchivedEntry> {
  const headers = new TarHeaders();
  for (let at = 0; at + block <= archive.size;) {
    const header = headers.read(archive.read(at, block), at);
    if (header.kind === "end") return;
    const start = at + block;
    if (start + header.size > archive.size) {
      throw damaged(`the file that starts at byte ${at} ends outside the archive`);
    }
    const content = partOf(archive, start, header.size);
    if (header.kind === "entry") yield { ...header.entry, content };
    else if (header.size > maxExtension) throw damaged(`the header at byte ${at} is too long`);
    else headers.extend(header.type, content.read(0, header.size));
    at = start + Math.ceil(header.size / block) * block;
  }
}

/** The regular files of an archive that is in memory. */
export function* readTar(archive: Uint8Array): Generator<TarFile> {
  for (const { type, path, content } of tarEntries(inMemory(archive))) {
    if (type === "0") yield { path, bytes: content.read(0, content.size) };
  }
}
