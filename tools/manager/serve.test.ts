import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  expect(begun).toBe(8);
  await server.close();
});
