import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Who has taken nothing for that long, to twice that, stands still. */
const lookEveryMs = 2000;

/** Connections that are being told that there are too many. */
const beingRefused = 256;

const tooMany = "too many readers; try again soon\n";
const refusal = [
  "HTTP/1.1 503 Service Unavailable",
  "Content-Type: text/plain",
  `Content-Length: ${tooMany.length}`,
  "Retry-After: 10",
  "Connection: close",
  "",
  tooMany,
].join("\r\n");

/**
 * Lets no more than `most` connections be open at once, each of which may hold a file and what its client hasn't taken
 * yet. For a new one beyond that, a connection is ended whose client takes nothing of what was sent to it; where all do
 * take it, the new one is told to come back.
 *
 * @returns whether a connection is one of those; what it asks isn't to be answered
 */
export function limitConnections(server: Server, most: number): (socket: Socket) => boolean {
  /** With the bytes that were sent when somebody looked last. */
  const open = new Map<Socket, number>();
  const refused = new WeakSet<Socket>();
  let standing: Socket[] = [];

  const looking = setInterval(() => {
    standing = [...open].flatMap(([socket, sent]) =>
      socket.writableLength > 0 && sent === socket.bytesWritten ? [socket] : [],
    );
    for (const socket of open.keys()) open.set(socket, socket.bytesWritten);
  }, lookEveryMs).unref();
  server.once("close", () => clearInterval(looking));

  function makeRoom(): boolean {
    for (let socket = standing.shift(); socket; socket = standing.shift()) {
      if (!open.delete(socket) || socket.writableLength === 0) continue;
      socket.destroy();
      return true;
    }
    return false;
  }

  server.maxConnections = most + beingRefused;
  server.prependListener("connection", (socket: Socket) => {
    if (open.size >= most && !makeRoom()) {
      refused.add(socket);
      socket.on("error", () => undefined);
      socket.end(refusal);
      setTimeout(() => socket.destroy(), 1000).unref();
      return;
    }
    open.set(socket, 0);
    socket.once("close", () => open.delete(socket));
  });
  return (socket) => refused.has(socket);
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
