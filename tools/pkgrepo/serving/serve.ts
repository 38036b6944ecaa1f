import { open, readlink, realpath, type FileHandle } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { SluiceError, systemCode } from "../../errors.ts";
import { parseRange } from "./byte-range.ts";
import { rangeCounts, unmetCondition, validatorsOf } from "./conditions.ts";

export interface Served {
  /** `http://127.0.0.1:8080`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves published repositories over HTTP until closed.
 *
 * @param options.port 0 for any free one
 * @throws SluiceError `port-busy`
 */
export async function serveRepositories(
  root: string,
  options: { readonly host?: string; readonly port: number },
): Promise<Served> {
  const { host = "127.0.0.1", port } = options;
  const handler = repositoryHandler(root);
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(systemCode(error) === "EADDRINUSE" ? busy(port) : error));
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function busy(port: number): SluiceError {
  return new SluiceError("port-busy", `Port ${port} is in use by another program.`, {
    facts: { port },
    hint: `Choose another one (--port N), or find out whose it is: ss -ltnp 'sport = :${port}'.`,
  });
}

/** What belongs to a published repository; anything else below the root, such as a key, is not found. */
const publicFile =
  /^(.+\.(pkg\.tar(\.[A-Za-z0-9]+)?|(db|files)(\.tar\.[A-Za-z0-9]+)?)(\.sig)?|made-from\.json|[^/]+\/[^/]+\.asc)$/;

/**
 * Answers GET and HEAD for the files of the repositories below `root`.
 *
 * The name of a database is answered with a redirect into the snapshot that it stands for: pacman takes the
 * signature from beside the address at which it ended up, so the two belong together even when a new
 * database comes in between (repository.ts).
 */
export function repositoryHandler(
  root: string,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      await answer(root, request, response);
    } catch (error) {
      // The client went away, or the file can't be read; there is nobody, or nothing better, to tell.
      if (response.headersSent) response.destroy();
      else plain(response, isThere(error) ? 500 : 404);
    }
  };
}

/** A name that is too long, or below what is no folder, is none either. */
function isThere(error: unknown): boolean {
  return !["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"].includes(systemCode(error) ?? "");
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(response);
  const path = safePath(request.url ?? "");
  if (path === undefined) return plain(response, 404);
  const snapshot = await snapshotOf(join(root, path));
  if (snapshot !== undefined) {
    response.writeHead(302, {
      location: encodePath(snapshot),
      "cache-control": "no-store",
      "content-length": 0,
    });
    response.end();
    return;
  }
  const [inside, file] = await Promise.all([realpath(root), realpath(join(root, path))]);
  if (!file.startsWith(inside + sep)) return plain(response, 404);
  const handle = await open(file);
  try {
    await sendFile(handle, request, response);
  } finally {
    await handle.close();
  }
}

/** Whether that address is one of a repository's file, there or not: `/<repository>/<arch>/…`, or its public key's. */
export function isRepositoryFile(url: string): boolean {
  const path = safePath(url);
  return (
    path !== undefined && (path.endsWith(".asc") || path.split("/").length > 2) && !path.startsWith("api/")
  );
}

/** A relative path without `..`, without names that begin with a dot, and ending in a public file's name. */
function safePath(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(/^[^?#]*/.exec(url)?.[0] ?? "");
  } catch {
    return undefined;
  }
  const parts = path.split("/").slice(1);
  const hidden = parts.some((part) => part === "" || part.startsWith(".") || /[\\\0]/.test(part));
  const isPublicKey = parts.length === 2 && parts[1] === `${parts[0]}.asc`;
  const isPublic = isPublicKey || publicFile.test(parts.at(-1) ?? "");
  return path.startsWith("/") && !hidden && isPublic ? parts.join("/") : undefined;
}

/** `core.db` → `databases/7/core.db.tar.gz`, relative to the folder that it is asked for in. */
async function snapshotOf(path: string): Promise<string | undefined> {
  const target = await readlink(path).catch(() => undefined);
  if (target === undefined || dirname(target) !== join("databases", "current")) return undefined;
  const current = await readlink(join(dirname(path), "databases", "current"));
  return `databases/${current}/${basename(target)}`;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

async function sendFile(file: FileHandle, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const status = await file.stat();
  if (!status.isFile()) return plain(response, 404);
  const validators = validatorsOf(status);
  response.setHeader("etag", validators.etag);
  response.setHeader("last-modified", new Date(validators.modified).toUTCString());
  response.setHeader("accept-ranges", "bytes");
  const refused = unmetCondition(request.headers, validators);
  if (refused !== undefined) {
    response.writeHead(refused, refused === 412 ? { "content-length": 0 } : {}).end();
    return;
  }
  response.setHeader("content-type", "application/octet-stream");
  const wanted = rangeCounts(request.headers, validators) ? request.headers.range : undefined;
  const range = parseRange(wanted, status.size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${status.size}`, "content-length": 0 }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: status.size - 1 };
  response.setHeader("content-length", end - start + 1);
  if (range) response.setHeader("content-range", `bytes ${start}-${end}/${status.size}`);
  response.writeHead(range ? 206 : 200);
  if (request.method === "HEAD" || status.size === 0) response.end();
  else await pipeline(file.createReadStream({ start, end, autoClose: false }), response);
}

export function refuseMethod(response: ServerResponse): void {
  response.setHeader("allow", "GET, HEAD");
  plain(response, 405);
}

function plain(response: ServerResponse, status: number): void {
  const text = { 404: "not found\n", 405: "method not allowed\n" }[status] ?? "internal error\n";
  response.writeHead(status, { "content-type": "text/plain", "content-length": text.length }).end(text);
}
