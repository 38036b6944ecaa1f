import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";

/** A proxy on loopback. Whatever host it is asked for, it goes to that port of this machine. */
export interface Proxy {
  readonly url: string;
  /** `host:port`, in their order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export async function startHttpProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { host, port } = new URL(request.url!);
    asked.push(host);
    void fetch(`http://127.0.0.1:${port}/`).then(async (answer) => response.end(await answer.text()));
  });
  server.on("connect", (request, socket: Socket) => {
    asked.push(request.url!);
    tunnel(socket, Number(request.url!.split(":")[1]), "HTTP/1.1 200 OK\r\n\r\n");
  });
  return { ...(await listening(server, "http")), asked };
}

/** RFC 1928, as far as a connection to a name needs it. */
export async function startSocksProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = createTcpServer((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.from([5, 0]));
      socket.once("data", (wanted: Buffer) => {
        const length = wanted[4]!;
        const port = wanted.readUInt16BE(5 + length);
        asked.push(`${wanted.toString("latin1", 5, 5 + length)}:${port}`);
        tunnel(socket, port, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
  });
  return { ...(await listening(server, "socks5")), asked };
}

function tunnel(socket: Socket, port: number, greeting: string | Buffer): void {
  const onward = connect(port, "127.0.0.1", () => {
    socket.write(greeting);
    socket.pipe(onward).pipe(socket);
  });
  for (const end of [socket, onward]) end.on("error", () => undefined);
}

async function listening(
  server: ReturnType<typeof createTcpServer>,
  scheme: string,
): Promise<Pick<Proxy, "url" | "stop">> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  return { url, stop };
}
