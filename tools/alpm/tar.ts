import { SluiceError } from "../errors.ts";

/** One regular file of an archive; `bytes` is a view into the archive, not a copy. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const block = 512;
const text = new TextDecoder();

/**
 * The regular files of an uncompressed tar archive, in its order. Understands ustar, pax headers and GNU
 * long names (POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual,
 * "Basic Tar Format"): whatever libarchive and GNU tar write.
 *
 * @throws SluiceError `tar-damaged` where a header's checksum is wrong or the archive ends within a file.
 */
export function* readTar(archive: Uint8Array): Generator<TarFile> {
  let pax = new Map<string, string>();
  let longName: string | undefined;
  for (let at = 0; at + block <= archive.length;) {
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return;
    if (!checksumHolds(header)) throw damaged(`no tar header at byte ${at}`);
    const size = pax.has("size") ? Number(pax.get("size")) : number(header, 124, 12);
    const start = at + block;
    const end = start + size;
    if (!Number.isSafeInteger(size) || size < 0 || end > archive.length) {
      throw damaged(`the file that starts at byte ${at} ends outside the archive`);
    }
    const bytes = archive.subarray(start, end);
    at = start + Math.ceil(size / block) * block;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") {
      pax = paxRecords(bytes);
    } else if (type === "L") {
      longName = string(bytes, 0, bytes.length);
    } else if (type !== "g" && type !== "K") {
      if (type === "0" || type === "\0" || type === "7") {
        yield { path: pax.get("path") ?? longName ?? ustarPath(header), bytes };
      }
      pax = new Map();
      longName = undefined;
    }
  }
}

/** The sum of a header's bytes, its own checksum field counted as spaces. */
function checksumHolds(header: Uint8Array): boolean {
  let sum = 8 * 32;
  for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
  return sum === number(header, 148, 8);
}

/** Octal digits, or big-endian binary where the first byte's high bit is set. */
function number(header: Uint8Array, offset: number, length: number): number {
  const first = header[offset] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(string(header, offset, length).trim() || "0", 8);
  return header
    .subarray(offset + 1, offset + length)
    .reduce((value, byte) => value * 256 + byte, first & 0x7f);
}

function ustarPath(header: Uint8Array): string {
  const name = string(header, 0, 100);
  const prefix = string(header, 257, 5) === "ustar" ? string(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records of the form `<length> <key>=<value>\n`, the length in bytes and including itself. */
function paxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(text.decode(bytes.subarray(at, space)));
    const equals = bytes.indexOf(0x3d, space);
    const end = at + length;
    if (space < 0 || equals < 0 || !(length > 0) || equals >= end || end > bytes.length) {
      throw damaged("a pax header can't be read");
    }
    records.set(
      text.decode(bytes.subarray(space + 1, equals)),
      text.decode(bytes.subarray(equals + 1, end - 1)),
    );
    at = end;
  }
  return records;
}

function string(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return text.decode(end < 0 ? field : field.subarray(0, end));
}

function damaged(what: string): SluiceError {
  return new SluiceError("tar-damaged", `The tar archive is damaged: ${what}.`);
}
