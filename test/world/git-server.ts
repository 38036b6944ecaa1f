import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { answer, FaultyServer, type Circumstances } from "./faulty-server.ts";
import { makeRepository } from "./repository.ts";

/** A text is a plain file's. */
export type TreeFile = string | Uint8Array | { readonly mode: string; readonly bytes: string | Uint8Array };

export interface NewCommit {
  readonly files: Readonly<Record<string, TreeFile>>;
  /** `main` unless said otherwise. */
  readonly branch?: string;
  readonly message?: string;
  /** Seconds since 1970. */
  readonly date?: number;
  /** The branch's commits until now are gone: it consists of this one alone. */
  readonly rewrites?: boolean;
}

/** Real Git repositories behind smart HTTP, at `<url>/<name>.git`, with the faults of a FaultyServer. */
export class GitServer {
  readonly http = new FaultyServer((request, response, circumstances) =>
    this.#serve(request, response, circumstances),
  );
  /** The newest protocol that it speaks; `dumb`: the files of the repository, and nothing else. */
  speaks: "v2" | "v0" | "dumb" = "v2";
  /** Paths that ask for this name and password, and those. */
  login: { readonly only: RegExp; readonly user: string; readonly password: string } | undefined;
  readonly #root = mkdtempSync(join(tmpdir(), "sluice-git-server-"));

  start(): Promise<void> {
    return this.http.start();
  }

  /** Its repositories are gone then. */
  async stop(): Promise<void> {
    await this.http.stop();
    rmSync(this.#root, { recursive: true, force: true });
  }

  url(name: string): string {
    return `${this.http.url}/${name}.git`;
  }

  /** The bare repository itself. */
  folder(name: string): string {
    return join(this.#root, "now", `${name}.git`);
  }

  create(name: string, branch = "main"): void {
    makeRepository(this.folder(name), { bare: true, branch });
  }

  /** All files of the branch are these; creates the repository where there is none. Returns the commit's id. */
  commit(
    name: string,
    { files, branch = "main", message = "update", date = 1_700_000_000, rewrites }: NewCommit,
  ): string {
    mkdirSync(join(this.#root, "now"), { recursive: true });
    if (!this.has(name)) this.create(name, branch);
    const ref = `refs/heads/${branch}`;
    const parent = rewrites === true ? "" : this.ref(name, ref);
    const stream = [
      Buffer.from(`commit ${ref}\ncommitter A <a@example.org> ${date} +0000\n`),
      ...data(message),
      Buffer.from(parent === "" ? "" : `from ${parent}\n`),
      Buffer.from("deleteall\n"),
      ...Object.entries(files).flatMap(([path, file]) => entry(path, file)),
      Buffer.from("\ndone\n"),
    ];
    const input = Buffer.concat(rewrites === true ? [Buffer.from(`reset ${ref}\n\n`), ...stream] : stream);
    execFileSync("git", ["-C", this.folder(name), "fast-import", "--quiet", "--force", "--done"], { input });
    return this.ref(name, ref);
  }

  has(name: string): boolean {
    return existsSync(this.folder(name));
  }

  remove(name: string): void {
    rmSync(this.folder(name), { recursive: true, force: true });
  }

  /** The id that a ref has, empty where it has none. */
  ref(name: string, ref: string): string {
    // A file of its own, unless something packed it.
    const file = join(this.folder(name), ref);
    if (existsSync(file)) return readFileSync(file, "utf8").trim();
    if (!existsSync(join(this.folder(name), "packed-refs"))) return "";
    return this.git(name, "for-each-ref", "--format=%(objectname)", ref);
  }

  git(name: string, ...args: readonly string[]): string {
    return execFileSync("git", ["-C", this.folder(name), ...args], { encoding: "utf8" }).trim();
  }

  /** What a stale answer consists of from now on. */
  keepAsStale(): void {
    rmSync(join(this.#root, "stale"), { recursive: true, force: true });
    cpSync(join(this.#root, "now"), join(this.#root, "stale"), { recursive: true });
  }

  /** Every push to the repository is refused with these words; undefined: taken again. */
  rejectPushes(name: string, words: string | undefined): void {
    const hook = join(this.folder(name), "hooks", "pre-receive");
    if (words === undefined) return rmSync(hook, { force: true });
    mkdirSync(join(hook, ".."), { recursive: true });
    writeFileSync(`${hook}.words`, words);
    writeFileSync(hook, '#!/bin/sh\ncat "$0.words" >&2\nexit 1\n', { mode: 0o755 });
  }

  #serve(request: IncomingMessage, response: ServerResponse, { isStale }: Circumstances): void {
    const url = new URL(request.url!, this.http.url);
    const isDumb = this.speaks === "dumb";
    if (isDumb && request.method === "POST") return answer(response, { status: 403 });
    if (this.login?.only.test(url.pathname) && !this.#isLoggedIn(request)) {
      const headers = { "www-authenticate": 'Basic realm="git"' };
      return answer(response, { status: 401, headers });
    }
    const root = join(this.#root, isStale ? "stale" : "now");
    const [, name = "", what] =
      /^(.*)\/(info\/refs|git-upload-pack)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const isFetch =
      url.searchParams.get("service") !== "git-receive-pack" && existsSync(join(root, name, "HEAD"));
    if (isFetch && what === "git-upload-pack") return this.#uploadPack(join(root, name), request, response);
    const isV2 = this.speaks === "v2" && request.headers["git-protocol"] === "version=2";
    const settled =
      isFetch && isV2 && what === "info/refs" ? readFileSync(join(root, name, "config"), "utf8") : "";
    const known = capabilities.get(settled);
    if (known) return answerCapabilities(response, known);
    const backend = spawn(join(execPath, "git-http-backend"), {
      env: {
        ...settings,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        REQUEST_METHOD: request.method,
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: isDumb ? "" : url.search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        CONTENT_LENGTH: request.headers["content-length"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: this.#protocolOf(request),
      },
    });
    backend.stdin.on("error", () => undefined);
    request.pipe(backend.stdin);
    backend.stderr.resume();
    if (settled !== "") {
      const chunks: Buffer[] = [];
      backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      backend.stdout.on("end", () => {
        const output = Buffer.concat(chunks);
        capabilities.set(settled, output.subarray(output.indexOf("\r\n\r\n") + 4));
      });
    }
    answerAsCgi(backend.stdout, response);
  }

  /** As the backend does it, by one process in place of three. */
  #uploadPack(folder: string, request: IncomingMessage, response: ServerResponse): void {
    const env = { ...settings, GIT_PROTOCOL: this.#protocolOf(request) };
    const program = spawn("git", ["upload-pack", "--stateless-rpc", folder], { env });
    program.stdin.on("error", () => undefined);
    const isPacked = request.headers["content-encoding"] === "gzip";
    (isPacked ? request.pipe(createGunzip()) : request).pipe(program.stdin);
    program.stderr.resume();
    response.setHeader("cache-control", "no-cache, max-age=0, must-revalidate");
    response.setHeader("content-type", "application/x-git-upload-pack-result");
    program.stdout.pipe(response);
  }

  #protocolOf({ headers }: IncomingMessage): string {
    return this.speaks === "v2" ? String(headers["git-protocol"] ?? "") : "";
  }

  #isLoggedIn({ headers: { authorization } }: IncomingMessage): boolean {
    const { user, password } = this.login!;
    return authorization === `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  }
}

const execPath = execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim();

/** Partial clones, and any commit by its id, as the forges have it; anybody may push. */
const settings = {
  PATH: process.env["PATH"],
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: process.env["GIT_CONFIG_GLOBAL"],
  GIT_CONFIG_COUNT: "4",
  GIT_CONFIG_KEY_0: "uploadpack.allowFilter",
  GIT_CONFIG_VALUE_0: "true",
  GIT_CONFIG_KEY_1: "uploadpack.allowAnySHA1InWant",
  GIT_CONFIG_VALUE_1: "true",
  GIT_CONFIG_KEY_2: "http.receivepack",
  GIT_CONFIG_VALUE_2: "true",
  GIT_CONFIG_KEY_3: "receive.advertisePushOptions",
  GIT_CONFIG_VALUE_3: "true",
};

/** By a repository's own settings, the first answer of protocol v2: it holds no refs. */
const capabilities = new Map<string, Buffer>();

function answerCapabilities(response: ServerResponse, body: Buffer): void {
  response.setHeader("cache-control", "no-cache, max-age=0, must-revalidate");
  response.setHeader("content-type", "application/x-git-upload-pack-advertisement");
  response.end(body);
}

/** Headers, an empty line, the body (RFC 3875). */
function answerAsCgi(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head: Buffer | undefined = Buffer.alloc(0);
  output.on("data", (chunk: Buffer) => {
    if (head === undefined) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    for (const line of head.toString("latin1", 0, end).split("\r\n")) {
      const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (name.toLowerCase() === "status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    const rest = head.subarray(end + 4);
    head = undefined;
    if (rest.length > 0) response.write(rest);
  });
  output.on("end", () => {
    if (head !== undefined) response.statusCode = 500;
    response.end();
  });
}

/** Lines of `git fast-import`'s input. */
function entry(path: string, file: TreeFile): Buffer[] {
  const isPlain = typeof file === "string" || file instanceof Uint8Array;
  const { mode, bytes } = isPlain ? { mode: "100644", bytes: file } : file;
  const quoted = JSON.stringify(path);
  if (mode === "160000")
    return [Buffer.from(`M ${mode} ${Buffer.from(bytes as string).toString()} ${quoted}\n`)];
  return [Buffer.from(`M ${mode} inline ${quoted}\n`), ...data(bytes)];
}

function data(bytes: string | Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes as string);
  return [Buffer.from(`data ${buffer.length}\n`), buffer, Buffer.from("\n")];
}
