import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { connect, type Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Folders } from "./folders.ts";
import { serve, type Server } from "./serve.ts";

const home = mkdtempSync(join(tmpdir(), "sluice-serve-"));
const folders = { repositories: join(home, "repositories"), logs: join(home, "logs") } as Folders;

beforeAll(() => {
  mkdirSync(join(home, "logs/foo"), { recursive: true });
  writeFileSync(join(home, "logs/foo/1.log"), "it was built\n");
});
afterAll(() => rmSync(home, { recursive: true }));

test("this machine alone is served unless somebody says otherwise", async () => {
  const server = await serve(folders, 0);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await (await fetch(`${server.url}/logs/foo/1.log`)).text()).toBe("it was built\n");
  await server.close();
});

test("where everybody is served, clients are told the machine's name", async () => {
  const server = await serve(folders, 0, { host: "0.0.0.0" });
  const { hostname: told, port } = new URL(server.url);
  expect(told).toBe(hostname().toLowerCase());
  expect((await fetch(`http://127.0.0.1:${port}/logs/foo/1.log`)).status).toBe(200);
  await server.close();
});

test("an address of another machine is refused with what to do", async () => {
  await expect(serve(folders, 0, { host: "203.0.113.1" })).rejects.toMatchObject({
    code: "host",
    message: expect.stringContaining("is no address of this machine"),
  });
});

test("a client that closes before it was answered leaves no file open", async () => {
  const log = join(home, "logs/foo/2.log");
  writeFileSync(log, "x".repeat(20e6));
  const server = await serve(folders, 0);
  const open = (): number =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === log;
      } catch {
        return false;
      }
    }).length;
  const sockets = Array.from({ length: 10 }, () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET /logs/foo/2.log HTTP/1.1\r\nHost: x\r\n\r\n".repeat(8));
    return socket;
  });
  await Promise.all(
    sockets.map(async (socket) => {
      if (!socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 200));
      socket.destroy();
    }),
  );
  await vi.waitFor(() => expect(open()).toBe(0), { timeout: 600_000 });
  await server.close();
});

test("requests that are sent without waiting are answered one after the other", async () => {
  let [running, most] = [0, 0];
  const server = await serve(folders, 0, {
    handler: async ({ url }, response) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.end(url);
      running--;
      return true;
    },
  });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  for (const path of ["/one", "/two", "/three"]) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  let said = "";
  for await (const chunk of socket) {
    said += String(chunk);
    if (said.endsWith("/three")) break;
  }
  expect(said.match(/\/(?:one|two|three)/g)).toEqual(["/one", "/two", "/three"]);
  expect(most).toBe(1);
  await server.close();
});

test("headers that never end are cut off in the end, bodies may last hours", async () => {
  let made: HttpServer | undefined;
  const server = await serve(folders, 0, {
    handler: async ({ socket }) => {
      made = (socket as Socket & { server: HttpServer }).server;
      return false;
    },
  });
  await fetch(`${server.url}/logs/foo/1.log`);
  expect([made?.headersTimeout, made?.requestTimeout]).toEqual([30_000, 0]);
  await server.close();
});

test("a client that sends thousands of requests without waiting for answers is cut off", async () => {
  let begun = 0;
  const server = await serve(folders, 0, {
    handler: () => {
      begun++;
      return new Promise(() => undefined);
    },
  });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET /logs/foo/1.log HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000));
  await new Promise((resolve) => socket.once("close", resolve));
  expect(begun).toBe(1);
  await server.close();
});

/** What is said to these bytes until the connection ends. */
async function sayTo(server: Server, sent: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(sent);
  let said = "";
  for await (const chunk of socket) said += String(chunk);
  return said;
}

test.each([
  "GARBAGE\r\n\r\n",
  `GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`,
  "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: one\r\nHost: two\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n",
])("what is no request is refused with the headers that all answers have: %.30j", async (sent) => {
  const server = await serve(folders, 0);
  const said = await sayTo(server, sent);
  expect(said).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(said).toContain("content-security-policy: default-src 'none'");
  await server.close();
});

test("a log is only read", async () => {
  const server = await serve(folders, 0);
  const { status, headers } = await fetch(`${server.url}/logs/foo/1.log`, { method: "POST" });
  expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  await server.close();
});

const firstAnswer = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket.once("data", (data) => resolve(String(data).split("\r\n")[0]!));
    socket.once("close", () => resolve("closed"));
  });

const forwarded = (client: string): string => `X-Forwarded-For: 192.0.2.9, ${client}\r\n`;

describe("connections", () => {
  let server: Server;
  /** Paths that were asked for, whose answers never end. */
  let asked: string[];
  let sockets: Map<Socket, Promise<string>>;
  /** The status of the first answer, or that there was none. */
  const answerOf = (socket: Socket): Promise<string> => sockets.get(socket)!;

  async function open(limits: {
    connections?: number;
    connectionsEach?: number;
    proxies?: string[];
  }): Promise<void> {
    asked = [];
    sockets = new Map();
    server = await serve(folders, 0, {
      handler: async ({ url = "" }) => {
        if (!url.startsWith("/live")) return false;
        asked.push(url);
        return new Promise<boolean>(() => undefined);
      },
      ...limits,
    });
  }

  async function close(): Promise<void> {
    for (const socket of sockets.keys()) socket.destroy();
    await server.close();
  }

  /** A connection from that address, on which `path` is asked for where it is given. */
  async function from(localAddress: string, path?: string, headers = ""): Promise<Socket> {
    const socket = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1", localAddress });
    sockets.set(
      socket.on("error", () => undefined),
      firstAnswer(socket),
    );
    await new Promise((resolve) => socket.once("connect", resolve));
    if (path !== undefined) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    return socket;
  }

  test("of one address leave room for others", async () => {
    await open({ connections: 1000, connectionsEach: 5 });
    for (let n = 0; n < 5; n++) await from("127.0.0.9", `/live/${n}`);
    await vi.waitFor(() => expect(asked).toHaveLength(5), { timeout: 600_000 });
    const [sixth, other] = [await from("127.0.0.9", "/live/6"), await from("127.0.0.8", "/logs/foo/1.log")];
    expect([await answerOf(sixth), await answerOf(other)]).toEqual([
      "HTTP/1.1 503 Service Unavailable",
      "HTTP/1.1 200 OK",
    ]);
    expect(asked).toHaveLength(5);
    await close();
  });

  test("of one address are no more than half where there may be few", async () => {
    await open({ connections: 16 });
    for (let n = 0; n < 8; n++) await from("127.0.0.9", `/live/${n}`);
    await vi.waitFor(() => expect(asked).toHaveLength(8), { timeout: 600_000 });
    expect(await answerOf(await from("127.0.0.9", "/live/8"))).toContain("503");
    await close();
  });

  test("of one address on which nothing is asked make room for its next one", async () => {
    await open({ connectionsEach: 2 });
    const [first] = [await from("127.0.0.9"), await from("127.0.0.9", "/live/1")];
    await vi.waitFor(() => expect(asked).toHaveLength(1), { timeout: 600_000 });
    const third = await from("127.0.0.9", "/logs/foo/1.log");
    expect([await answerOf(first), await answerOf(third)]).toEqual(["closed", "HTTP/1.1 200 OK"]);
    await close();
  });

  test("that are idle for longest make room where there are too many in all", async () => {
    await open({ connections: 16 });
    const idle: Socket[] = [];
    for (let n = 0; n < 16; n++) idle.push(await from(`127.0.0.${n + 10}`));
    idle[0]!.write("GET /logs/foo/1.log HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await answerOf(idle[0]!)).toBe("HTTP/1.1 200 OK");
    const next = await from("127.0.0.9", "/logs/foo/1.log");
    expect([await answerOf(next), await answerOf(idle[1]!)]).toEqual(["HTTP/1.1 200 OK", "closed"]);
    expect([idle[0]!.destroyed, idle[2]!.destroyed]).toEqual([false, false]);
    await close();
  });

  test("of a trusted proxy are counted by whom it asks for, of others what they say counts for nothing", async () => {
    await open({ connectionsEach: 3, proxies: ["127.0.0.7"] });
    for (let n = 0; n < 3; n++) await from("127.0.0.7", `/live/${n}`, forwarded("198.51.100.1"));
    await vi.waitFor(() => expect(asked).toHaveLength(3), { timeout: 600_000 });
    const log = "/logs/foo/1.log";
    const [same, other] = [
      await from("127.0.0.7", log, forwarded("198.51.100.1")),
      await from("127.0.0.7", log, forwarded("198.51.100.2")),
    ];
    expect([await answerOf(same), await answerOf(other)]).toEqual([
      "HTTP/1.1 503 Service Unavailable",
      "HTTP/1.1 200 OK",
    ]);
    for (let n = 0; n < 3; n++) await from("127.0.0.9", `/live/x${n}`, forwarded(`198.51.100.${n}`));
    await vi.waitFor(() => expect(asked).toHaveLength(6), { timeout: 600_000 });
    expect(await answerOf(await from("127.0.0.9", log, forwarded("198.51.100.77")))).toContain("503");
    await close();
  });
});
