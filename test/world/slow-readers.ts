import { once } from "node:events";
import { connect, type Socket } from "node:net";

/**
 * Connections that ask for something and never read an answer, each from an address of its own below 127.0.0.0/8.
 *
 * @param before how many there are already
 */
export async function openSlowReaders(
  url: string,
  path: string,
  count: number,
  before = 0,
): Promise<readonly Socket[]> {
  const { hostname: host, port } = new URL(url);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(100, count - sockets.length) }, (_, n) => {
      const at = before + sockets.length + n;
      const localAddress = `127.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
      const socket = connect({ host, port: Number(port), localAddress });
      socket.on("error", () => undefined).pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      return socket;
    });
    await Promise.all(some.map((socket) => Promise.race([once(socket, "connect"), once(socket, "close")])));
    sockets.push(...some);
  }
  return sockets;
}
