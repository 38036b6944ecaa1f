import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clientAddress, networkOf, type TrustsProxy } from "../../client-address.ts";
import { lastAnswer } from "./security-headers.ts";

/** Who has taken nothing for that long, to twice that, stands still. */
const lookEveryMs = 2000;

/** Connections that are being told that there are too many; more than that are ended at once. */
const beingRefused = 256;

const refused = (text: string): string => lastAnswer(503, text, { "retry-after": "10" });
const tooMany = refused("too many connections; try again soon\n");
const tooManyOfOne = refused("too many connections from your address; close some, or try again soon\n");

export interface ConnectionLimits {
  /** How many connections may be open at once. */
  readonly all: number;
  /** How many of them one client may have: an address, of IPv6 a network. */
  readonly each: number;
  /** Connections of proxies are those of many clients: what each client has under way there is counted instead. */
  readonly trusts: TrustsProxy;
}

interface Connection {
  /** Undefined: a proxy's. */
  readonly client: string | undefined;
  /** Bytes that were sent when somebody looked last. */
  sent: number;
  /** Requests without an end to their answer. */
  unanswered: number;
}

/**
 * Bounds how many connections are open at once, each of which may hold a file and what its client hasn't taken yet. For
 * a new one beyond that, the one is ended on which nothing has been asked for longest; where there is none, one whose
 * client takes nothing of what was sent to it; where all do take it, the new one is told to come back.
 *
 * @returns whether a request may be answered; where not, it has been refused, or its connection is being ended
 */
export function limitConnections(
  server: Server,
  { all, each, trusts }: ConnectionLimits,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const open = new Map<Socket, Connection>();
  /** Those on which nothing is asked, for longest first. */
  const idle = new Set<Socket>();
  const counts = counter();
  const telling = new Set<Socket>();
  let standing: Socket[] = [];

  const looking = setInterval(() => {
    standing = [...open].flatMap(([socket, { sent }]) =>
      socket.writableLength > 0 && sent === socket.bytesWritten ? [socket] : [],
    );
    for (const [socket, connection] of open) connection.sent = socket.bytesWritten;
  }, lookEveryMs).unref();
  server.once("close", () => clearInterval(looking));

  function forget(socket: Socket): boolean {
    const connection = open.get(socket);
    if (!connection) return false;
    open.delete(socket);
    idle.delete(socket);
    counts.less(connection.client);
    return true;
  }

  function endIdle(client?: string): boolean {
    for (const socket of idle) {
      if (client !== undefined && open.get(socket)?.client !== client) continue;
      forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  function endStanding(): boolean {
    for (let socket = standing.shift(); socket; socket = standing.shift()) {
      if (socket.writableLength === 0 || !forget(socket)) continue;
      socket.destroy();
      return true;
    }
    return false;
  }

  function refuse(socket: Socket, text: string): void {
    socket.on("error", () => undefined);
    if (telling.size >= beingRefused) return void socket.destroy();
    telling.add(socket);
    socket.once("close", () => telling.delete(socket));
    socket.end(text);
    setTimeout(() => socket.destroy(), 1000).unref();
  }

  server.prependListener("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const client = trusts(address) ? undefined : networkOf(address);
    if (counts.of(client) >= each && !endIdle(client)) return refuse(socket, tooManyOfOne);
    if (open.size >= all && !endIdle() && !endStanding()) return refuse(socket, tooMany);
    open.set(socket, { client, sent: 0, unanswered: 0 });
    idle.add(socket);
    counts.more(client);
    socket.once("close", () => forget(socket));
  });

  function ofProxy(request: IncomingMessage, response: ServerResponse): boolean {
    const address = clientAddress(request, trusts);
    if (trusts(address)) return true;
    const client = networkOf(address);
    if (counts.of(client) >= each) {
      response.writeHead(503, { "content-type": "text/plain", "retry-after": "10" });
      response.end("too many requests of your address at once; try again soon\n");
      return false;
    }
    counts.more(client);
    response.once("close", () => counts.less(client));
    return true;
  }

  return (request, response) => {
    const { socket } = request;
    const connection = open.get(socket);
    if (!connection) return false;
    idle.delete(socket);
    connection.unanswered++;
    response.once("close", () => {
      if (--connection.unanswered === 0 && open.has(socket)) idle.add(socket);
    });
    return connection.client !== undefined || ofProxy(request, response);
  };
}

/** How much each client has open. */
function counter() {
  const counts = new Map<string, number>();
  return {
    of: (client: string | undefined): number => (client === undefined ? 0 : (counts.get(client) ?? 0)),
    more(client: string | undefined): void {
      if (client !== undefined) counts.set(client, (counts.get(client) ?? 0) + 1);
    },
    less(client: string | undefined): void {
      if (client === undefined) return;
      const left = (counts.get(client) ?? 0) - 1;
      if (left > 0) counts.set(client, left);
      else counts.delete(client);
    },
  };
}

/** As many connections as are wanted, and as the limit of open files allows: each may hold a file, and others need some. */
export function connectionsFor(wanted: number): number {
  return Math.max(16, Math.min(wanted, Math.floor((mostOpenFiles() - 300) / 2)));
}

/** Node.js has raised it as far as it may. */
function mostOpenFiles(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return Number(soft ?? Number.POSITIVE_INFINITY);
  } catch {
    return 1024;
  }
}
