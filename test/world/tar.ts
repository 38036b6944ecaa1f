/** Files of a tar archive: path to content; a path that ends in `/` is a folder. */
export type TarContent = Readonly<Record<string, string | Buffer>>;

const block = 512;

/** Writes an uncompressed ustar archive in memory; paths up to 100 bytes. */
export function writeTar(content: TarContent, { executable }: { executable?: RegExp } = {}): Buffer {
  const parts: Buffer[] = [];
  for (const [path, text] of Object.entries(content)) {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    parts.push(
      header(path, bytes.length, executable?.test(path)),
      bytes,
      Buffer.alloc((block - (bytes.length % block)) % block),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(path: string, size: number, isExecutable = false): Buffer {
  const header = Buffer.alloc(block);
  const isFolder = path.endsWith("/");
  header.write(path, 0);
  header.write(isFolder || isExecutable ? "0000755" : "0000644", 100);
  header.write("0000000", 108);
  header.write("0000000", 116);
  header.write(size.toString(8).padStart(11, "0"), 124);
  header.write("14000000000", 136);
  header.write("        ", 148);
  header.write(isFolder ? "5" : "0", 156);
  header.write("ustar\x0000root", 257, "latin1");
  header.write("root", 297);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

const largestBlock = 128 * 1024;

/** A Zstandard frame of uncompressed blocks (RFC 8878): real `.zst`, at no cost and without a program. */
export function storeZstd(content: Buffer): Buffer {
  const frame = Buffer.alloc(9);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt8(0xa0, 4);
  frame.writeUInt32LE(content.length, 5);
  const parts: Buffer[] = [frame];
  for (let at = 0; at < content.length; at += largestBlock) {
    const part = content.subarray(at, at + largestBlock);
    const last = at + largestBlock >= content.length ? 1 : 0;
    const size = Buffer.alloc(3);
    size.writeUIntLE((part.length << 3) | last, 0, 3);
    parts.push(size, part);
  }
  return Buffer.concat(parts);
}
