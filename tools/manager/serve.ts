import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { SluiceError, systemCode } from "../errors.ts";
import { isPkgbase } from "../alpm/names.ts";
import { clientAddress, trustedProxies, type TrustsProxy } from "../client-address.ts";
import { connectionsFor, limitConnections } from "../pkgrepo/serving/connection-limit.ts";
import { lastAnswer, securityHeaders } from "../pkgrepo/serving/security-headers.ts";
import { isRepositoryFile, refuseMethod, repositoryHandler } from "../pkgrepo/serving/serve.ts";
import type { Folders } from "./folders.ts";

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers a request, or resolves false where it isn't for it. `client` is the address that it comes from. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  client: string,
) => Promise<boolean>;

export interface ServeOptions {
  /** The address to listen on: this machine's own alone, or `0.0.0.0` or `::` for everybody. */
  readonly host?: string | undefined;
  /** Is asked first. */
  readonly handler?: Handler;
  /** How many connections may be open at once. */
  readonly connections?: number;
  /** How many of them one client may have; by default 200, and no more than half. */
  readonly connectionsEach?: number | undefined;
  /** Addresses and networks of proxies whose X-Forwarded-* counts. */
  readonly proxies?: readonly string[];
}

/**
 * Serves the package repositories, and below `/logs/` the builds' logs.
 *
 * @param port 0 for any free one
 * @throws SluiceError `port-busy`, `host`
 */
export async function serve(
  { repositories, logs }: Pick<Folders, "repositories" | "logs">,
  port: number,
  {
    host = "127.0.0.1",
    handler = async () => false,
    connections = defaultConnections,
    connectionsEach,
    proxies = [],
  }: ServeOptions = {},
): Promise<Server> {
  const repository = repositoryHandler(repositories);
  const trusts = trustedProxies(proxies);
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await handler(request, response, clientAddress(request, trusts))) return;
    const log = logPath(request.url ?? "");
    await (log === undefined ? repository(request, response) : sendLog(join(logs, log), request, response));
  }
  const unanswered = new WeakMap<Socket, Promise<void>[]>();
  // Packages of other machines may take hours to arrive; connections that stand still are ended. Who doesn't say which
  // host is meant is told so here, with the headers of all answers.
  const limits = { requestTimeout: 0, headersTimeout: 30_000, requireHostHeader: false };
  const server = createServer(limits, (request, response) => {
    const { socket } = request;
    secure(request, response, trusts);
    if (!admits(request, response)) return;
    if (!namesOneHost(request)) return refuse(response, 400, "a request names one host\n");
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
  const all = connectionsFor(connections);
  // A household or an office has one address; a browser opens six.
  const each = connectionsEach ?? Math.min(200, Math.floor(all / 2));
  const admits = limitConnections(server, { all, each, trusts });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    secure(request, response, trusts);
    refuse(response, 417, "nothing but 100-continue can be expected\n");
  });
  server.on("clientError", (error, socket) => {
    const isAnswering = (unanswered.get(socket as Socket)?.length ?? 0) > 0;
    if (!socket.writable || isAnswering) return void socket.destroy();
    socket.end(lastAnswer(...unreadable(error)), () => socket.destroy());
  });
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

function secure(request: IncomingMessage, response: ServerResponse, trusts: TrustsProxy): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  // Who came by TLS is to come so again; over plain HTTP it would mean nothing.
  const said = trusts(request.socket.remoteAddress) && request.headers["x-forwarded-proto"];
  if (said === "https") response.setHeader("strict-transport-security", "max-age=31536000");
}

/** RFC 9112, section 3.2: of two, a proxy in front may have taken the other one. */
function namesOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === "host");
  return hosts.length === 1 || (hosts.length === 0 && httpVersion !== "1.1");
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(text);
}

/** What isn't HTTP, or is too much of it. */
function unreadable(error: Error): [status: number, text: string] {
  const code = systemCode(error);
  if (code === "HPE_HEADER_OVERFLOW") return [431, "address and headers are too long\n"];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "the request took too long\n"];
  return [400, "that is no HTTP request\n"];
}

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
  if (method !== "GET" && method !== "HEAD") return refuseMethod(response);
  try {
    const { size } = await stat(path);
    response.writeHead(200, {
      "content-type": "text/plain; charset=utf-8",
      "content-length": size,
      "cache-control": "no-store",
    });
    if (method === "HEAD" || size === 0) response.end();
    else await pipeline(createReadStream(path, { end: size - 1 }), response);
  } catch {
    if (response.headersSent) response.destroy();
    else response.writeHead(404, { "content-type": "text/plain" }).end("there is no such log\n");
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
