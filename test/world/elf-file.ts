/** What an ELF file is to say; a library for x86_64 unless told. */
export interface ElfFile {
  readonly bits?: 32 | 64;
  readonly bigEndian?: boolean;
  /** e_machine; 62: x86_64 */
  readonly machine?: number;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  readonly interpreter?: string;
  /** By library. */
  readonly neededVersions?: Readonly<Record<string, readonly string[]>>;
  readonly versions?: readonly string[];
  /** Further names in the table, as those of symbols are. */
  readonly symbols?: readonly string[];
}

/** A file that has all that a dynamic linker reads before it runs a program, and nothing to run. */
export function elfFile(described: ElfFile): Buffer {
  const { bits = 64, bigEndian = false, machine = 62, needed = [], versions = [], symbols = [] } = described;
  const wide = bits === 64;
  const words = (...values: readonly (readonly [value: number, bytes: 2 | 4 | 8])[]): Buffer =>
    Buffer.concat(
      values.map(([value, bytes]) => {
        const buffer = Buffer.alloc(bytes);
        if (bytes === 8) {
          if (bigEndian) buffer.writeBigUInt64BE(BigInt(value));
          else buffer.writeBigUInt64LE(BigInt(value));
        } else if (bigEndian) buffer.writeUIntBE(value, 0, bytes);
        else buffer.writeUIntLE(value, 0, bytes);
        return buffer;
      }),
    );
  const address = (value: number): readonly [number, 4 | 8] => [value, wide ? 8 : 4];

  let strings = "\0";
  const name = (text: string): number => {
    const at = strings.length;
    strings += `${text}\0`;
    return at;
  };
  const entries: [tag: number, value: number][] = needed.map((library) => [1, name(library)]);
  if (described.soname !== undefined) entries.push([14, name(described.soname)]);
  if (described.rpath !== undefined) entries.push([15, name(described.rpath)]);
  if (described.runpath !== undefined) entries.push([29, name(described.runpath)]);
  symbols.forEach(name);
  const needs = Object.entries(described.neededVersions ?? {});
  const verneed = Buffer.concat(
    needs.flatMap(([library, wanted], index) => {
      const size = 16 + 16 * wanted.length;
      const next = index + 1 < needs.length ? size : 0;
      return [
        words([1, 2], [wanted.length, 2], [name(library), 4], [16, 4], [next, 4]),
        ...wanted.map((version, at) =>
          words(
            [hash(version), 4],
            [0, 2],
            [at + 2, 2],
            [name(version), 4],
            [at + 1 < wanted.length ? 16 : 0, 4],
          ),
        ),
      ];
    }),
  );
  const defined = versions.length > 0 ? [described.soname ?? "", ...versions] : [];
  const verdef = Buffer.concat(
    defined.map((version, at) =>
      words(
        [1, 2], [at === 0 ? 1 : 0, 2], [at + 1, 2], [1, 2], [hash(version), 4], [20, 4],
        [at + 1 < defined.length ? 28 : 0, 4], [name(version), 4], [0, 4],
      ),
    ),
  ); // prettier-ignore

  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const interpreter = described.interpreter === undefined ? "" : `${described.interpreter}\0`;
  const headerCount = interpreter === "" ? 2 : 3;
  const parts = [Buffer.from(interpreter), Buffer.from(strings), verneed, verdef].map(pad);
  const offsets: number[] = [];
  let at = headerSize + headerCount * entrySize;
  at += (8 - (at % 8)) % 8;
  const start = at;
  for (const part of parts) {
    offsets.push(at);
    at += part.length;
  }
  const base = 0x10000;
  const [interpreterAt = 0, stringsAt = 0, verneedAt = 0, verdefAt = 0] = offsets;
  entries.push([5, base + stringsAt], [10, Buffer.byteLength(strings)]);
  if (needs.length > 0) entries.push([0x6ffffffe, base + verneedAt], [0x6fffffff, needs.length]);
  if (defined.length > 0) entries.push([0x6ffffffc, base + verdefAt], [0x6ffffffd, defined.length]);
  entries.push([0, 0]);
  const dynamic = words(...entries.flat().map(address));
  const segment = (type: number, offset: number, size: number): Buffer =>
    wide
      ? words(
          [type, 4],
          [4, 4],
          [offset, 8],
          [base + offset, 8],
          [base + offset, 8],
          [size, 8],
          [size, 8],
          [8, 8],
        )
      : words(
          [type, 4],
          [offset, 4],
          [base + offset, 4],
          [base + offset, 4],
          [size, 4],
          [size, 4],
          [4, 4],
          [4, 4],
        );
  const headers = [
    segment(1, 0, at + dynamic.length),
    segment(2, at, dynamic.length),
    ...(interpreter === "" ? [] : [segment(3, interpreterAt, interpreter.length)]),
  ];
  const identity = Buffer.from([
    0x7f,
    0x45,
    0x4c,
    0x46,
    wide ? 2 : 1,
    bigEndian ? 2 : 1,
    1,
    ...Buffer.alloc(9),
  ]);
  const header = Buffer.concat([
    identity,
    words(
      [3, 2], [machine, 2], [1, 4], address(0), address(headerSize), address(0), [0, 4], [headerSize, 2],
      [entrySize, 2], [headerCount, 2], [wide ? 64 : 40, 2], [0, 2], [0, 2],
    ),
    ...headers,
  ]); // prettier-ignore
  return Buffer.concat([header, Buffer.alloc(start - header.length), ...parts, dynamic]);
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

/** The hash of the System V ABI, by which readelf and ld.so compare versions. */
function hash(name: string): number {
  let value = 0;
  for (const byte of Buffer.from(name)) {
    value = (value * 16 + byte) >>> 0;
    const high = value & 0xf0000000;
    value = (value ^ (high >>> 24) ^ high) >>> 0;
  }
  return value;
}
