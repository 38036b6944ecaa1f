import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { SluiceError, systemCode } from "../errors.ts";
import { isPkgbase } from "../alpm/names.ts";
import { connectionsFor, limitConnections } from "../pkgrepo/serving/connection-limit.ts";
import { isRepositoryFile, repositoryHandler } from "../pkgrepo/serving/serve.ts";
import type { Folders } from "./folders.ts";

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers a request, or resolves false where it isn't for it. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * Serves the package repositories, and below `/logs/` the builds' logs.
 *
 * @param port 0 for any free one
 * @param host the address to listen on: this machine's own alone, or `0.0.0.0` or `::` for everybody
 * @param handler is asked first
 * @param connections how many may be open at once
 * @throws SluiceError `port-busy`, `host`
 */
export async function serve(
  { repositories, logs }: Pick<Folders, "repositories" | "logs">,
  port: number,
  host = "127.0.0.1",
  handler: Handler = async () => false,
  connections: number = defaultConnections,
): Promise<Server> {
  const repository = repositoryHandler(repositories);
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("x-content-type-options", "nosniff");
    if (await handler(request, response)) return;
    const log = logPath(request.url ?? "");
    await (log === undefined ? repository(request, response) : sendLog(join(logs, log), request, response));
  }
  const unanswered = new WeakMap<Socket, Promise<void>[]>();
  // Packages of other machines may take hours to arrive; connections that stand still are ended.
  const server = createServer({ requestTimeout: 0, headersTimeout: 30_000 }, (request, response) => {
    const { socket } = request;
    if (isRefused(socket)) return;
    const earlier = unanswered.get(socket) ?? [];
    if (earlier.length >= maxUnanswered) return void socket.destroy();
    const answered = new Promise<void>((resolve) => response.once("close", resolve));
    unanswered.set(socket, [...earlier, answered]);
    void answered.then(() => unanswered.set(socket, unanswered.get(socket)!.slice(1)));
    // One after the other: an answer that waits isn't told when the connection ends, and would keep its file open.
    const before = earlier.at(-1);
    if (before) void before.then(() => (socket.destroyed ? undefined : answer(request, response)));
    else void answer(request, response);
  });
  server.timeout = 120_000;
  const isRefused = limitConnections(server, connectionsFor(connections));
  // Builders say every few seconds that they are alive.
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cantListen(error, port, host)));
    server.listen({ port, host, backlog: 4096 }, resolve);
  });
  return {
    url: `http://${nameFor(host)}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What clients that take nothing can hold of memory stays far below a gigabyte then. */
export const defaultConnections = 2000;

/** Requests on one connection that are sent without waiting for answers; hardly a client sends any. */
const maxUnanswered = 8;

/** What clients call it: where it listens for everybody, the machine's name. */
function nameFor(host: string): string {
  if (host === "0.0.0.0" || host === "::") return hostname();
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether that address is one of a repository's files or of a log, there or not. */
export function isServedFile(url: string): boolean {
  return logPath(url) !== undefined || isRepositoryFile(url);
}

/** `/logs/<pkgbase>/<build>.log` → its path below the folder of logs. */
function logPath(url: string): string | undefined {
  const match = /^\/logs\/([^/?#]+)\/(\d+\.log)$/.exec(url);
  const pkgbase = match ? decode(match[1]!) : "";
  return match && isPkgbase(pkgbase) ? `${pkgbase}/${match[2]}` : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

async function sendLog(path: string, { method }: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { size } = await stat(path);
    // A log is a stranger's text: never to be taken for a page.
    response.writeHead(200, {
      "content-type": "text/plain; charset=utf-8",
      "content-length": size,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    if (method === "HEAD" || size === 0) response.end();
    else await pipeline(createReadStream(path, { end: size - 1 }), response);
  } catch {
    if (response.headersSent) response.destroy();
    else response.writeHead(404).end();
  }
}

function cantListen(error: Error, port: number, host: string): Error {
  const code = systemCode(error) ?? "";
  if (code === "EADDRINUSE") return portBusy(port);
  if (code === "EACCES") {
    return new SluiceError("port-busy", `port ${port} may not be used by this user`, {
      facts: { port },
      hint: "Choose one above 1023 with --port N, and put nginx or Caddy in front of it.",
    });
  }
  if (!["EADDRNOTAVAIL", "ENOTFOUND", "EINVAL", "EAI_AGAIN"].includes(code)) return error;
  return new SluiceError("host", `${JSON.stringify(host)} is no address of this machine (${code})`, {
    facts: { host },
    hint: "--host takes an address of this machine, or 0.0.0.0 or :: for all of them; `ip address` lists them.",
  });
}

function portBusy(port: number): SluiceError {
  return new SluiceError("port-busy", `port ${port} is in use by another program`, {
    facts: { port },
    hint: `Choose another one with --port N, or find out whose it is: ss -ltnp 'sport = :${port}'`,
  });
}
