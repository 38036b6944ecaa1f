import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { createTarDecoder, type TarHeader } from "modern-tar";
import { systemCode } from "../../errors.ts";
import type { Limits } from "../sandbox.ts";

/** What arrived, or why it was refused; then `into` holds an incomplete part of it. */
export type Collection =
  | { readonly kind: "collected"; readonly files: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Brings the folders and regular files of a tar stream into `into`: each new, readable, and executable
 * where it was.
 *
 * The stream is a stranger's. Only folders and files are made, never a link, so no path can lead out of
 * `into`; `limit` bounds the bytes read, and with them the number of entries. All else in it (links,
 * devices, owners, setuid bits) is left behind. Throws an error of the disk.
 */
export async function collect(archive: Readable, into: string, limit: number): Promise<Collection> {
  const files: string[] = [];
  try {
    for await (const { header, body } of entries(archive, limit)) {
      const path = header.type === "file" || header.type === "directory" ? safePath(header.name) : undefined;
      if (path === undefined) {
        await body.cancel();
      } else if (header.type === "directory") {
        await mkdir(join(into, path), { recursive: true });
      } else {
        await write(join(into, path), header, body);
        files.push(path);
      }
    }
  } catch (error) {
    if (isOfTheDisk(error)) throw error;
    return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    archive.destroy();
  }
  return { kind: "collected", files: files.sort() };
}

/** Reads and decodes side by side; what breaks the reading breaks the decoding and arrives there. */
async function* entries(archive: Readable, limit: number) {
  const decoder = createTarDecoder({ strict: true });
  const feeding = feed(archive, decoder.writable, limit);
  yield* decoder.readable;
  await feeding;
}

async function feed(archive: Readable, decoder: WritableStream<Uint8Array>, limit: number): Promise<void> {
  const writer = decoder.getWriter();
  let bytes = 0;
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limit) throw new Error(`more than ${limit} bytes`);
      await writer.write(chunk);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
  }
}

/** A path that stays inside; `undefined` for the collected folder itself. */
function safePath(name: string): string | undefined {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (name.startsWith("/") || parts.includes("..") || name.includes("\0")) {
    throw new Error(`unsafe name ${JSON.stringify(name)}`);
  }
  return parts.length === 0 ? undefined : parts.join("/");
}

async function write(path: string, header: TarHeader, body: ReadableStream<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const executable = ((header.mode ?? 0) & 0o100) !== 0;
  const file = await open(path, "wx", executable ? 0o755 : 0o644);
  try {
    for await (const chunk of body) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Apart from those that a name can bring about: used twice, as file and as folder, too long. */
function isOfTheDisk(error: unknown): boolean {
  const code = systemCode(error);
  return code?.startsWith("E") === true && !["EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG"].includes(code);
}

/** Bytes of a tar stream of files that fit the job's output, headers included; sparse files don't. */
export function collectionLimit({ outputBytes }: Limits): number {
  return outputBytes + 64 * 2 ** 20;
}
