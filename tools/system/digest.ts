import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** Bytes read at a time: with Node's 64 KiB most of the time goes into changing threads. */
const readBytes = 2 ** 19;

/** A file's SHA-256, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: readBytes }), hash);
  return hash.digest("hex");
}
