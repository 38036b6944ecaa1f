import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { SluiceError, systemCode } from "../../errors.ts";
import type { HttpAnswer } from "../../http/http.ts";
import { AurRows, type AurMetadata } from "./aur-rows.ts";
import { ArrayCutter } from "./json-array.ts";
import type { UpstreamPorts } from "../upstream.ts";

const dumpUrl = "https://aur.archlinux.org/packages-meta-ext-v1.json.gz";

/** It has about 70 MB; what has several times that is something else. */
const mostBytes = 512 * 1024 * 1024;

/**
 * What the AUR's metadata dump says of the pkgbases that are asked for. It is taken in as it comes, and what nobody
 * asked for isn't parsed. "unchanged": it is still the one that `etag` was given out with.
 *
 * @throws SluiceError `unavailable`, also where the dump isn't whole: nothing of it is taken then.
 */
export async function readDump(
  { http, aurProxy, now }: Pick<UpstreamPorts, "http" | "aurProxy" | "now">,
  asked: ReadonlySet<string>,
  etag: string | undefined,
): Promise<AurMetadata | "unchanged"> {
  const request = {
    headers: etag === undefined ? {} : { "if-none-match": etag },
    proxy: aurProxy,
    maxBytes: mostBytes,
  };
  return http.stream(dumpUrl, request, async (answer, body) => {
    if (answer.status === 304 && etag !== undefined) return "unchanged";
    if (answer.status !== 200) throw unusable(`it answered ${answer.status}`);
    const packages = await readRows(body, asked, now().getTime());
    return { packages, learnedAt: madeAt(answer, packages, now()), etag: answer.headers["etag"] };
  });
}

async function readRows(
  body: AsyncIterable<Buffer>,
  asked: ReadonlySet<string>,
  now: number,
): Promise<AurMetadata["packages"]> {
  const rows = new AurRows(asked, now);
  let count = 0;
  const cutter = new ArrayCutter((buffer, start, end, nested) => {
    count++;
    const bytes = buffer.subarray(start, end);
    if (nested || mayBeOneOf(asked, bytes)) rows.add(JSON.parse(bytes.toString()));
  });
  const iterator = body[Symbol.asyncIterator]();
  const first = await iterator.next();
  const isPacked = first.done !== true && first.value[0] === gzipMagic;
  try {
    await unpackInto(cutter, withFirst(first, iterator), isPacked);
  } catch (error) {
    throw asUnusable(error, isPacked);
  }
  // An AUR without packages is a broken one: none of those that are asked for was deleted.
  if (count === 0) throw unusable("it is empty");
  return rows.entries();
}

/** The server may declare the packing as Content-Encoding, and then it is gone already. JSON never begins with this. */
const gzipMagic = 0x1f;

const pkgbaseKey = Buffer.from('"PackageBase":"');

/**
 * Whether a row is of one of these pkgbases, read from its bytes; what isn't written as the AUR writes it may be.
 * Within a string the key's quotes would be escaped, so what is found is a key.
 */
function mayBeOneOf(asked: ReadonlySet<string>, row: Buffer): boolean {
  const key = row.indexOf(pkgbaseKey);
  if (key === -1) return true;
  const start = key + pkgbaseKey.length;
  const pkgbase = row.toString("latin1", start, row.indexOf(0x22, start));
  return asked.has(pkgbase) || pkgbase.includes("\\");
}

async function* withFirst(
  first: IteratorResult<Buffer>,
  iterator: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  if (first.done === true) return;
  yield first.value;
  yield* { [Symbol.asyncIterator]: () => iterator };
}

async function unpackInto(
  cutter: ArrayCutter,
  body: AsyncIterable<Buffer>,
  isPacked: boolean,
): Promise<void> {
  let bytes = 0;
  const cut = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw unusable("it is far too large");
      cutter.push(chunk);
    }
    cutter.end();
  };
  // Large chunks: the default of 16 KB takes a third more time.
  if (isPacked) await pipeline(body, createGunzip({ chunkSize: 256 * 1024 }), cut);
  else await cut(body);
}

/** Errors of the connection stay what they are, so that the request is tried again. */
function asUnusable(error: unknown, isPacked: boolean): unknown {
  if (error instanceof SyntaxError) return unusable(error.message);
  if (error instanceof SluiceError && error.code === "json") return unusable(error.message);
  if (isPacked && systemCode(error)?.startsWith("Z_")) return unusable("it is cut off or packed wrongly");
  return error;
}

function unusable(why: string): SluiceError {
  return new SluiceError("unavailable", `the AUR's metadata dump can't be used: ${why}`, {
    hint: "Nothing of it was taken; the next run asks again.",
    facts: { host: "aur.archlinux.org" },
    exitCode: 1,
  });
}

/** When the dump was made, as far as it is known: the newest push that it knows is earlier at most. */
function madeAt(answer: HttpAnswer, packages: AurMetadata["packages"], now: Date): number {
  const said = Date.parse(answer.headers["last-modified"] ?? "");
  if (!Number.isNaN(said)) return Math.min(said, now.getTime());
  const pushes = [...packages.values()].map((entry) => (entry.kind === "package" ? entry.lastModified : 0));
  return Math.min(Math.max(0, ...pushes) * 1000, now.getTime());
}
