import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { AurFiles } from "./aur-recipe.ts";
import { aurRows, dumpText, rpcRow, type AurRecord, type AurRow } from "./aur-rows.ts";
import { answer, FaultyServer, type Circumstances } from "./faulty-server.ts";
import { GitServer, type NewCommit } from "./git-server.ts";

/** aurweb's limits (conf/config.defaults), and what its web server takes of an address. */
const mostRequestsADay = 4000;
const mostResults = 5000;
const longestUri = 4443;

/**
 * The Arch User Repository on loopback: packages that people push, adopt and drop, each with a Git repository over
 * HTTP, the RPC, and the metadata dump; and a mirror with a branch per package. Each of the three servers has faults
 * of its own; besides, the dump can stay as it is, and the mirror can lag. The clock only goes on when something
 * happens.
 */
export class Aur {
  readonly web = new FaultyServer((request, response, how) => this.#serve(request, response, how));
  /** One repository per package. */
  readonly git = new GitServer();
  /** One repository, `aur`, with a branch per package. */
  readonly mirror = new GitServer();
  /** In seconds since 1970. */
  now = 1_750_000_000;
  /** Whether the dump's packing is declared as Content-Encoding, as aurweb's own configuration has it. */
  declaresGzip = true;
  rpcRequests = 0;
  readonly #records = new Map<string, AurRecord>();
  #before = makeDump([], 0);
  #dump: Dump | undefined;
  #isDumpFrozen = false;
  /** What the mirror doesn't have yet; undefined: it doesn't lag. */
  #notMirrored: NewCommit[] | undefined;

  async start(): Promise<void> {
    this.mirror.create("aur");
    await Promise.all([this.web.start(), this.git.start(), this.mirror.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.web.stop(), this.git.stop(), this.mirror.stop()]);
  }

  get mirrorUrl(): string {
    return this.mirror.url("aur");
  }

  /** For `openHttp`. */
  get standIns(): Record<string, string> {
    return { "https://aur.archlinux.org": this.web.url };
  }

  /** For Git: it asks this AUR in place of the real one. */
  get gitEnvironment(): Record<string, string> {
    return {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `url.${this.git.http.url}/.insteadOf`,
      GIT_CONFIG_VALUE_0: "https://aur.archlinux.org/",
    };
  }

  /**
   * A push by an account, the maintainer unless said otherwise; a push to an orphan adopts it. Returns the
   * commit's id.
   */
  push(pkgbase: string, files: AurFiles, account?: string): string {
    this.#change();
    this.#record(pkgbase, files, account);
    const commit = { files, date: this.now, message: "push" };
    const id = this.git.commit(pkgbase, { ...commit, branch: "master" });
    this.#notMirrored?.push({ ...commit, branch: pkgbase });
    if (!this.#notMirrored) this.mirror.commit("aur", { ...commit, branch: pkgbase });
    return id;
  }

  /** Packages that only the metadata knows, for tests that don't fetch them. */
  list(recipes: ReadonlyMap<string, AurFiles>): void {
    this.#change();
    for (const [pkgbase, files] of recipes) this.#record(pkgbase, files, undefined);
  }

  adopt(pkgbase: string, account: string): void {
    this.#amend(pkgbase, { maintainer: account });
  }

  orphan(pkgbase: string): void {
    this.#amend(pkgbase, { maintainer: null });
  }

  setCoMaintainers(pkgbase: string, accounts: readonly string[]): void {
    this.#amend(pkgbase, { coMaintainers: accounts });
  }

  /** From the metadata; its Git stays, as the AUR keeps it. */
  delete(pkgbase: string): void {
    this.#change();
    this.#records.delete(pkgbase);
  }

  record(pkgbase: string): AurRecord {
    return this.#records.get(pkgbase)!;
  }

  /** The dump isn't made again until it thaws; the RPC goes on. */
  freezeDump(): void {
    this.#currentDump();
    this.#isDumpFrozen = true;
  }

  thawDump(): void {
    this.#isDumpFrozen = false;
    this.#dump = undefined;
  }

  /** The mirror stays as it is until it catches up. */
  letMirrorLag(): void {
    this.#notMirrored = [];
  }

  letMirrorCatchUp(): void {
    for (const commit of this.#notMirrored ?? []) this.mirror.commit("aur", commit);
    this.#notMirrored = undefined;
  }

  /** Until the next push. */
  loseMirrorBranch(pkgbase: string): void {
    this.mirror.git("aur", "update-ref", "-d", `refs/heads/${pkgbase}`);
  }

  #record(pkgbase: string, files: AurFiles, account: string | undefined): void {
    const before = this.#records.get(pkgbase);
    const pusher = account ?? before?.maintainer ?? "packager";
    this.#records.set(pkgbase, {
      id: this.#records.size + 1,
      submitter: pusher,
      coMaintainers: [],
      votes: 3,
      firstSubmitted: this.now,
      ...before,
      pkgbase,
      srcinfo: Buffer.from(files[".SRCINFO"] as string).toString(),
      maintainer: before?.maintainer ?? pusher,
      lastModified: this.now,
    });
  }

  #amend(pkgbase: string, changes: Partial<AurRecord>): void {
    this.#change();
    this.#records.set(pkgbase, { ...this.record(pkgbase), ...changes });
  }

  #change(): void {
    this.#before = makeDump(this.#rows(), this.now);
    if (!this.#isDumpFrozen) this.#dump = undefined;
    this.now += 60;
  }

  #rows(): AurRow[] {
    return [...this.#records.values()].flatMap(aurRows);
  }

  #currentDump(): Dump {
    this.#dump ??= makeDump(this.#rows(), this.now);
    return this.#dump;
  }

  #serve(request: IncomingMessage, response: ServerResponse, { isStale }: Circumstances): void {
    const { pathname } = new URL(request.url!, "http://localhost");
    if (pathname === "/packages-meta-ext-v1.json.gz") {
      return this.#serveDump(request, response, isStale ? this.#before : this.#currentDump());
    }
    if (/^\/rpc(?:$|\/)/.test(pathname)) return answer(response, this.#askRpc(request.url!, pathname));
    answer(response, { status: 404 });
  }

  #serveDump(request: IncomingMessage, response: ServerResponse, { packed, etag, madeAt }: Dump): void {
    const headers = { etag, "last-modified": new Date(madeAt * 1000).toUTCString() };
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304, headers).end();
    const type = { "content-type": "text/plain", "content-length": packed.length };
    const coding = this.declaresGzip ? { "content-encoding": "gzip" } : {};
    response.writeHead(200, { ...type, ...coding, ...headers }).end(packed);
  }

  /** aurweb's routers/rpc.py and rpc.py, as far as `info` goes, and `search` by submitter. */
  #askRpc(uri: string, pathname: string): { status: number; body: unknown } {
    this.rpcRequests++;
    if (uri.length > longestUri) return { status: 414, body: "Request-URI Too Large" };
    const query = new URL(uri, "http://localhost").search.slice(1);
    const parameters = decodeURIComponent(query).split("&");
    const valuesOf = (key: string): string[] =>
      parameters.filter((one) => one.startsWith(`${key}=`)).map((one) => one.slice(key.length + 1));
    const version = /^\/rpc\/v(\d+)\/(?:info$|search\/)/.exec(pathname)?.[1] ?? valuesOf("v")[0];
    const submitter = /^\/rpc\/v5\/search\/([^/]+)$/.exec(pathname)?.[1];
    if (submitter !== undefined && valuesOf("by")[0] === "submitter") {
      const found = this.#rows().filter(({ Submitter }) => Submitter === decodeURIComponent(submitter));
      return { status: 200, body: { resultcount: found.length, results: found, type: "search", version: 5 } };
    }
    const type = pathname.endsWith("/info") ? "info" : valuesOf("type")[0];
    if (this.rpcRequests > mostRequestsADay) return { status: 429, body: rpcError("Rate limit reached") };
    if (version !== "5") return { status: 200, body: rpcError("Invalid version specified.") };
    if (type !== "info" && type !== "multiinfo") {
      return { status: 200, body: rpcError("Incorrect request type specified.") };
    }
    const names = new Set([...valuesOf("arg[]"), ...valuesOf("arg")]);
    if (names.size === 0) return { status: 200, body: rpcError("No request type/data specified.") };
    const results = this.#rows()
      .filter(({ Name }) => names.has(Name))
      .map(rpcRow);
    if (results.length > mostResults) return { status: 200, body: rpcError("Too many package results.") };
    return { status: 200, body: { resultcount: results.length, results, type: "multiinfo", version: 5 } };
  }
}

interface Dump {
  readonly packed: Buffer;
  readonly etag: string;
  /** In seconds since 1970. */
  readonly madeAt: number;
}

function makeDump(rows: readonly AurRow[], madeAt: number): Dump {
  const text = dumpText(rows);
  const etag = `"${createHash("md5").update(text).digest("hex")}"`;
  return { packed: gzipSync(text), etag, madeAt };
}

function rpcError(error: string): unknown {
  return { error, resultcount: 0, results: [], type: "error", version: 5 };
}
