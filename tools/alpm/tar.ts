import { block, damaged, TarHeaders } from "./tar-header.ts";

/** One regular file of an archive; `bytes` is a view into the archive, not a copy. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The regular files of an uncompressed tar archive, in its order.
 *
 * @throws SluiceError `tar-damaged` where a header's checksum is wrong or the archive ends within a file.
 */
export function* readTar(archive: Uint8Array): Generator<TarFile> {
  const headers = new TarHeaders();
  for (let at = 0; at + block <= archive.length;) {
    const header = headers.read(archive.subarray(at, at + block), at);
    if (header.kind === "end") return;
    const start = at + block;
    const end = start + header.size;
    if (end > archive.length) throw damaged(`the file that starts at byte ${at} ends outside the archive`);
    const bytes = archive.subarray(start, end);
    at = start + Math.ceil(header.size / block) * block;
    if (header.kind === "extension") headers.extend(header.type, bytes);
    else if (header.entry.type === "0") yield { path: header.entry.path, bytes };
  }
}
