import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { answer, FaultyServer, type Circumstances } from "./faulty-server.ts";
import { storeZstd, writeTar } from "./tar.ts";

/** What repo-add may be told to compress a database with, by what each takes: a program, or nothing. */
export const compressions = {
  none: (tar: Buffer) => tar,
  gzip: (tar: Buffer) => gzipSync(tar),
  zstd: (tar: Buffer) => storeZstd(tar),
  xz: (tar: Buffer) => execFileSync("xz", ["-c"], { input: tar }),
  bzip2: (tar: Buffer) => execFileSync("bzip2", ["-c"], { input: tar }),
  lz4: (tar: Buffer) => execFileSync("lz4", ["-c"], { input: tar, stdio: "pipe" }),
} as const;

export interface MirroredPackage {
  readonly name: string;
  /** Its own name unless told. */
  readonly base?: string;
  readonly version: string;
  readonly provides?: readonly string[];
  readonly depends?: readonly string[];
  /** Paths, as a `.files` database lists them. */
  readonly files?: readonly string[];
  /** When the database was made unless told. */
  readonly built?: Date;
}

interface Copy {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly made: Date;
}

/**
 * A mirror of package repositories, as CI_LIB_DB names them: `<url>/core/os/x86_64/core.db`. It answers conditional
 * requests; with the fault `stale` it has the copies before the last ones.
 */
export class Mirror {
  readonly server = new FaultyServer((request, response, now) => this.#serve(request, response, now));
  readonly #copies = new Map<string, readonly Copy[]>();

  /** Where a repository's database is. */
  database(repository: string): string {
    return `${this.server.url}${pathOf(repository)}`;
  }

  publish(
    repository: string,
    packages: readonly MirroredPackage[],
    { made, compression = "gzip" }: { made: Date; compression?: keyof typeof compressions },
  ): void {
    const entries = packages.map((pkg) => [`${pkg.name}-${pkg.version}/desc`, descOf(pkg, made)] as const);
    this.publishBytes(repository, compressions[compression](writeTar(Object.fromEntries(entries))), made);
    const lists = packages.map(
      ({ name, version, files = [] }) =>
        [`${name}-${version}/files`, ["%FILES%", ...files, ""].join("\n")] as const,
    );
    const both = Object.fromEntries([...entries, ...lists]);
    this.publishBytes(repository, compressions[compression](writeTar(both)), made, "files");
  }

  publishBytes(repository: string, bytes: Buffer, made: Date, kind: "db" | "files" = "db"): void {
    const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
    const path = pathOf(repository, kind);
    this.#copies.set(path, [...(this.#copies.get(path) ?? []), { bytes, etag, made }]);
  }

  #serve(request: IncomingMessage, response: ServerResponse, { isStale }: Circumstances): void {
    const copies = this.#copies.get(request.url ?? "") ?? [];
    const copy = (isStale ? copies.at(-2) : undefined) ?? copies.at(-1);
    if (!copy) return answer(response, { status: 404, body: "no such file" });
    const headers = { etag: copy.etag, "last-modified": copy.made.toUTCString() };
    if (isKnown(request, copy)) return void response.writeHead(304, headers).end();
    response.writeHead(200, { ...headers, "content-length": copy.bytes.length }).end(copy.bytes);
  }
}

/** As RFC 9110 orders it: with If-None-Match the date doesn't count. */
function isKnown({ headers }: IncomingMessage, { etag, made }: Copy): boolean {
  if (headers["if-none-match"] !== undefined) return headers["if-none-match"] === etag;
  return Date.parse(headers["if-modified-since"] ?? "") >= Math.floor(made.getTime() / 1000) * 1000;
}

function pathOf(repository: string, kind = "db"): string {
  return `/${repository}/os/x86_64/${repository}.${kind}`;
}

function descOf(
  { name, base = name, version, provides = [], depends = [], built }: MirroredPackage,
  made: Date,
): string {
  const fields = {
    FILENAME: `${name}-${version}-x86_64.pkg.tar.zst`,
    NAME: name,
    BASE: base,
    VERSION: version,
    BUILDDATE: String(Math.floor((built ?? made).getTime() / 1000)),
    ARCH: "x86_64",
    ...(provides.length > 0 && { PROVIDES: provides.join("\n") }),
    ...(depends.length > 0 && { DEPENDS: depends.join("\n") }),
  };
  return Object.entries(fields)
    .map(([key, value]) => `%${key}%\n${value}\n\n`)
    .join("");
}
