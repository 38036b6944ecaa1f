const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

/** The checksum of POSIX's `cksum`: a CRC over the bytes and then their number, lowest byte first. */
export class PosixCksum {
  #crc = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    for (const byte of bytes) this.#add(byte);
    this.#length += bytes.length;
  }

  /** Decimal, as `cksums` has it. Call once. */
  digest(): string {
    for (let rest = this.#length; rest > 0; rest = Math.floor(rest / 256)) this.#add(rest % 256);
    return String(~this.#crc >>> 0);
  }

  #add(byte: number): void {
    this.#crc = (this.#crc << 8) ^ (table[(this.#crc >>> 24) ^ byte] ?? 0);
  }
}
