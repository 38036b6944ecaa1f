import { SluiceError } from "../errors.ts";

export const block = 512;
const text = new TextDecoder();

/** One entry of an archive. */
export interface TarEntry {
  readonly path: string;
  /** `0`: a regular file, `2`: a symbolic link, `5`: a folder, … */
  readonly type: string;
  /** Of a link. */
  readonly target: string;
  /** The lowest twelve bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  /** Numeric ids, `0:0`. */
  readonly owner: string;
  /** File capabilities as the kernel keeps them, in base64; empty where they are there and can't be read. */
  readonly capabilities: string | undefined;
}

/** What a header says comes after it. */
export type TarHeader =
  | { readonly kind: "end" }
  /** It tells more of the entry that follows; its content is to be handed to `extend`. */
  | { readonly kind: "extension"; readonly type: string; readonly size: number }
  | { readonly kind: "entry"; readonly entry: TarEntry; readonly size: number };

/**
 * Reads the headers of a tar archive one after the other. Understands ustar, pax headers and GNU long names
 * (POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format"): whatever
 * libarchive and GNU tar write.
 */
export class TarHeaders {
  #pax = new Map<string, string>();
  #longName: string | undefined;
  #longTarget: string | undefined;

  /**
   * @param at where the header lies in the archive, for messages
   * @throws SluiceError `tar-damaged` where its checksum is wrong
   */
  read(header: Uint8Array, at: number): TarHeader {
    if (header.every((byte) => byte === 0)) return { kind: "end" };
    if (!checksumHolds(header)) throw damaged(`no tar header at byte ${at}`);
    const size = this.#pax.has("size") ? Number(this.#pax.get("size")) : number(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) {
      throw damaged(`the file that starts at byte ${at} ends outside the archive`);
    }
    const type = String.fromCharCode(header[156] ?? 0);
    if ("xLKg".includes(type)) return { kind: "extension", type, size };
    const entry = {
      path: this.#pax.get("path") ?? this.#longName ?? ustarPath(header),
      type: type === "\0" || type === "7" ? "0" : type,
      target: this.#pax.get("linkpath") ?? this.#longTarget ?? string(header, 157, 100),
      mode: number(header, 100, 8) & 0o7777,
      owner: `${this.#pax.get("uid") ?? number(header, 108, 8)}:${this.#pax.get("gid") ?? number(header, 116, 8)}`,
      capabilities: capabilitiesIn(this.#pax),
    };
    this.#pax = new Map();
    this.#longName = undefined;
    this.#longTarget = undefined;
    return { kind: "entry", entry, size };
  }

  extend(type: string, content: Uint8Array): void {
    if (type === "x") this.#pax = paxRecords(content);
    else if (type === "L") this.#longName = string(content, 0, content.length);
    else if (type === "K") this.#longTarget = string(content, 0, content.length);
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

/** libarchive writes attributes twice, once in base64; GNU tar and star only as they are. */
function capabilitiesIn(pax: ReadonlyMap<string, string>): string | undefined {
  const raw = pax.has("SCHILY.xattr.security.capability") ? "" : undefined;
  return pax.get("LIBARCHIVE.xattr.security.capability") ?? raw;
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

export function damaged(what: string): SluiceError {
  return new SluiceError("tar-damaged", `The tar archive is damaged: ${what}.`);
}
