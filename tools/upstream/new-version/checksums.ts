import { createHash } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import type { Http, HttpAnswer } from "../../http/http.ts";
import { PosixCksum } from "./posix-cksum.ts";

/** By the name before `sums` in a PKGBUILD: node's name of the algorithm. */
const algorithms = {
  ck: undefined,
  md5: "md5",
  sha1: "sha1",
  sha224: "sha224",
  sha256: "sha256",
  sha384: "sha384",
  sha512: "sha512",
  b2: "blake2b512",
} as const;

export type SumKind = keyof typeof algorithms;
export type Sums = ReadonlyMap<SumKind, string>;

export const sumKinds = Object.keys(algorithms) as readonly SumKind[];

/** In bytes. Larger sources exist, but none that a machine should fetch unasked every time a version comes out. */
const largestSource = 2 * 1024 ** 3;

export function sumsOf(bytes: Uint8Array, kinds: ReadonlySet<SumKind>): Sums {
  const hashing = new Hashing(kinds);
  hashing.update(bytes);
  return hashing.digest();
}

/**
 * Checksums of what makepkg would download, hashed as it comes and never kept.
 *
 * @throws SluiceError `unavailable` where it isn't available now, `too-large`, or `source-encoded` where the server
 * sends it compressed unasked, so that makepkg might keep other bytes than these.
 */
export function downloadedSums(url: string, kinds: ReadonlySet<SumKind>, http: Http): Promise<Sums> {
  const request = { maxBytes: largestSource, headers: { "accept-encoding": "identity" } };
  return http.stream(url, request, async (answer, body) => {
    refuseOther(url, answer);
    const { sums, length } = await sumsOfStream(body, kinds);
    if (length === 0) throw notThere(url, "it is empty");
    return sums;
  });
}

export async function sumsOfStream(
  bytes: AsyncIterable<Uint8Array>,
  kinds: ReadonlySet<SumKind>,
): Promise<{ readonly sums: Sums; readonly length: number }> {
  const hashing = new Hashing(kinds);
  for await (const chunk of bytes) hashing.update(chunk);
  return { sums: hashing.digest(), length: hashing.length };
}

function refuseOther(url: string, { status, headers }: HttpAnswer): void {
  if (status !== 200) throw notThere(url, `the server answered ${status}`);
  const type = headers["content-type"] ?? "";
  const { pathname } = new URL(url);
  // What stands in for a file that isn't there yet, or asks who we are.
  if (
    /^text\/html\b/i.test(type) &&
    /\.(?:[a-z]+z\d?|tar|tgz|tbz2?|zip|deb|rpm|appimage|jar|sig|asc)$/i.test(pathname)
  )
    throw notThere(url, "the server sent a web page");
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new SluiceError("source-encoded", `${shown(url)} comes with Content-Encoding ${encoding}.`, {
      hint: "What makepkg keeps of it isn't certain; update the checksum by hand.",
      facts: { host: new URL(url).host },
      exitCode: 1,
    });
  }
}

function notThere(url: string, reason: string): SluiceError {
  return new SluiceError("unavailable", `${shown(url)} isn't available: ${reason}.`, {
    hint: "The next run looks again. Where it stays so, the recipe's source has moved.",
    facts: { host: new URL(url).host, reason },
    exitCode: 1,
  });
}

/** Without credentials. */
function shown(url: string): string {
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

class Hashing {
  length = 0;
  readonly #hashes: readonly {
    readonly kind: SumKind;
    readonly update: (bytes: Uint8Array) => void;
    readonly digest: () => string;
  }[];

  constructor(kinds: ReadonlySet<SumKind>) {
    this.#hashes = [...kinds].map((kind) => {
      const algorithm = algorithms[kind];
      const hash = algorithm === undefined ? new PosixCksum() : createHash(algorithm);
      return {
        kind,
        update: (bytes) => void hash.update(bytes),
        digest: () => hash.digest("hex"),
      };
    });
  }

  update(bytes: Uint8Array): void {
    this.length += bytes.length;
    for (const { update } of this.#hashes) update(bytes);
  }

  digest(): Sums {
    return new Map(this.#hashes.map(({ kind, digest }) => [kind, digest()]));
  }
}
