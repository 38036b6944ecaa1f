import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { openGit } from "./git.ts";

test("a server that says nothing is given up in time", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `git://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const result = await openGit("/", process.env).attempt(["ls-remote", "--", url], { timeout: 300 });
  expect(result).toMatchObject({ ok: false, code: -1 });
  expect(sockets).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
  server.close();
});
