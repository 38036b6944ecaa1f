import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve, type Server } from "../tools/manager/serve.ts";
import { logFiles } from "../tools/manager/view/log-file.ts";
import { openWeb, type Web } from "../tools/web/server.ts";
import { openSlowReaders } from "./world/slow-readers.ts";
import { farm } from "./world/web-farm.ts";

const most = 60;
const lines = 90_000;
const path = "/api/builds/1/log/live";

const home = mkdtempSync(join(tmpdir(), "sluice-slow-"));
let web: Web;
let server: Server;
const readers = { now: 0, mostSoFar: 0 };
let sockets: readonly Socket[] = [];

beforeAll(async () => {
  const log = join(home, "1.log");
  // Longer than what a connection holds for somebody who doesn't read.
  writeFileSync(log, "x".repeat(80).concat("\n").repeat(lines));
  const file = (await logFiles().find(log))!;
  const source = farm(10, Date.now());
  async function* follow(from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    readers.mostSoFar = Math.max(readers.mostSoFar, ++readers.now);
    try {
      yield* file.follow(from, async () => false, signal);
    } finally {
      readers.now--;
    }
  }
  web = await openWeb({ ...source, log: async () => ({ ...file, follow }) });
  const handler = async (...[request, response]: Parameters<Web["handle"]>): Promise<boolean> => {
    web.handle(request, response);
    return true;
  };
  server = await serve({ repositories: home, logs: home }, 0, { handler, connections: most });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await web.close();
  await server.close();
  rmSync(home, { recursive: true });
});

/** All after that byte, to the end of the build; tried again while it is told to come back. */
async function readAll(from: number): Promise<{ readonly lines: number; readonly end: string }> {
  const headers = { "last-event-id": String(from) };
  for (;;) {
    const answer = await fetch(`${server.url}${path}`, { headers }).catch(() => undefined);
    if (answer?.status === 200) {
      const text = await answer.text();
      return { lines: text.split('"kind"').length - 1, end: text.slice(text.lastIndexOf("event:")) };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const end = `event: end\nid: ${81 * lines}\ndata: "failed"\n\n`;

test("500 readers who never read take a fixed amount of memory, and others go on being served", async () => {
  const before = process.memoryUsage().arrayBuffers;
  sockets = await openSlowReaders(server.url, path, 500);
  expect(await readAll(0)).toEqual({ lines, end });
  expect(readers.mostSoFar).toBeGreaterThan(most / 2);
  expect(readers.mostSoFar).toBeLessThanOrEqual(most);
  // All 500 at once take more than 600 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6);
});

test("who was dropped goes on where it was", async () => {
  expect(await readAll(81 * (lines - 5))).toEqual({ lines: 5, end });
});
