import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { connect, type Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Folders } from "./folders.ts";
import { serve } from "./serve.ts";

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
  const server = await serve(folders, 0, "0.0.0.0");
  const { hostname: told, port } = new URL(server.url);
  expect(told).toBe(hostname().toLowerCase());
  expect((await fetch(`http://127.0.0.1:${port}/logs/foo/1.log`)).status).toBe(200);
  await server.close();
});

test("an address of another machine is refused with what to do", async () => {
  await expect(serve(folders, 0, "203.0.113.1")).rejects.toMatchObject({
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
  const server = await serve(folders, 0, undefined, async ({ url }, response) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    response.end(url);
    running--;
    return true;
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
  const server = await serve(folders, 0, undefined, async ({ socket }) => {
    made = (socket as Socket & { server: HttpServer }).server;
    return false;
  });
  await fetch(`${server.url}/logs/foo/1.log`);
  expect([made?.headersTimeout, made?.requestTimeout]).toEqual([30_000, 0]);
  await server.close();
});

test("a client that sends thousands of requests without waiting for answers is cut off", async () => {
  let begun = 0;
  const server = await serve(folders, 0, undefined, () => {
    begun++;
    return new Promise(() => undefined);
  });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET /logs/foo/1.log HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000));
  await new Promise((resolve) => socket.once("close", resolve));
  expect(begun).toBe(1);
  await server.close();
});
