/** A file, or a part of one, of which bytes anywhere can be read without the rest being in memory. */
export interface FileBytes {
  readonly size: number;
  /** Bytes that are all within the file. They may be a view of something that mustn't be changed. */
  read(offset: number, length: number): Uint8Array;
}

export function inMemory(bytes: Uint8Array): FileBytes {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

export function partOf(file: FileBytes, start: number, size: number): FileBytes {
  return { size, read: (offset, length) => file.read(start + offset, length) };
}
