import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";

/** Other bytes, and neither size nor time tells, where the file's time is one of whole milliseconds. */
export function alterByte(path: string): void {
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}
