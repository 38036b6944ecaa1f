/**
 * What a client and a server of SFTP version 3 say to each other (draft-ietf-secsh-filexfer-02), as far as it is used
 * here. Numbers are big-endian; a text has its length before it.
 */
export const kinds = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rename: 18,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 200,
} as const;

export const statusCodes = { ok: 0, endOfFile: 1, noSuchFile: 2 } as const;

export const openFlags = { read: 0x01, write: 0x02, create: 0x08, truncate: 0x10 } as const;

export interface Attributes {
  readonly bytes: number;
  readonly kind: "file" | "folder" | "other";
  readonly modified: Date;
}

export function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

export function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
}

export function text(value: string | Uint8Array): Buffer {
  const content = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([uint32(content.length), content]);
}

/** No attributes at all, or permissions alone. */
export function attributes(mode?: number): Buffer {
  return mode === undefined ? uint32(0) : Buffer.concat([uint32(hasPermissions), uint32(mode)]);
}

const hasSize = 0x01;
const hasOwner = 0x02;
const hasPermissions = 0x04;
const hasTimes = 0x08;
const hasMore = 0x8000_0000;

/** Reads a packet from its beginning on. What is too short throws a RangeError. */
export class PacketReader {
  readonly #packet: Buffer;
  #at = 0;

  constructor(packet: Buffer) {
    this.#packet = packet;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#packet.length;
  }

  byte(): number {
    this.#at += 1;
    return this.#packet.readUInt8(this.#at - 1);
  }

  uint32(): number {
    this.#at += 4;
    return this.#packet.readUInt32BE(this.#at - 4);
  }

  bytes(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#packet.length) throw new RangeError("a text is longer than its packet");
    this.#at += length;
    return this.#packet.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString();
  }

  attributes(): Attributes {
    const flags = this.uint32();
    const bytes = flags & hasSize ? this.uint32() * 2 ** 32 + this.uint32() : 0;
    if (flags & hasOwner) this.#at += 8;
    const mode = flags & hasPermissions ? this.uint32() : 0;
    if (flags & hasTimes) this.#at += 4;
    const modified = new Date((flags & hasTimes ? this.uint32() : 0) * 1000);
    for (let more = (flags & hasMore) === 0 ? 0 : this.uint32(); more > 0; more--) {
      this.bytes();
      this.bytes();
    }
    const kind = ({ 0o100000: "file", 0o040000: "folder" } as const)[mode & 0o170000] ?? "other";
    return { bytes, kind, modified };
  }
}
