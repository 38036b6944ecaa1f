import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openGit } from "../tools/git/git.ts";
import { revisionsOf } from "../tools/manager/reconcile/revision.ts";
import { openView } from "../tools/manager/view/view.ts";
import { openSqliteQueue } from "../tools/queue/sqlite/sqlite.ts";
import { farm } from "../test/world/web-farm.ts";
import { openSlowReaders } from "../test/world/slow-readers.ts";
import { serveSource } from "../test/world/web-source.ts";
import { median, type BenchReport } from "./report.ts";

const readers = 1000;
const lines = 50;
const slowOnes = 10_000;
const packages = 10_000;

/** Pages and live logs: real connections on loopback. */
export async function benchWeb(): Promise<BenchReport> {
  return {
    name: `web: ${readers.toLocaleString("en")} readers of one log, ${packages.toLocaleString("en")} packages`,
    figures: {
      ...(await liveLog()),
      ...(await slowReaders()),
      ...(await pages()),
      ...(await overviewOfRealWorkspace()),
    },
  };
}

async function liveLog(): Promise<Record<string, string>> {
  return withServer("==> Starting build()...\n", async ({ url, log, memory }) => {
    const delays: number[] = [];
    const streams = await Promise.all(Array.from({ length: readers }, () => openStream(url, delays)));
    await sleep(1000);
    delays.length = 0;
    for (let n = 0; n < lines; n++) {
      appendFileSync(log, `sent ${performance.now()}\n`);
      await sleep(200);
    }
    const size = memory();
    for (const stream of streams) stream.destroy();
    const sorted = delays.toSorted((a, b) => a - b);
    const at = (share: number): string => `${Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)} ms`;
    return {
      "lines that arrived": `${sorted.length} of ${readers * lines}`,
      "from writing to reading, median": at(0.5),
      "from writing to reading, p95": at(0.95),
      "memory of the server": `${size} MB`,
    };
  });
}

/** Connections that ask for a long log and never read; beside them somebody who does. */
async function slowReaders(): Promise<Record<string, string>> {
  const line = "a line of a log that is longer than what a connection holds for a reader who doesn't read\n";
  return withServer(line.repeat(2 ** 17), async ({ url, memory, openFiles }) => {
    const before = memory();
    const times: number[] = [];
    let most = 0;
    const sockets = [];
    while (sockets.length < slowOnes) {
      sockets.push(...(await openSlowReaders(url, "/api/builds/1/log/live", 500, sockets.length)));
      const start = performance.now();
      await firstLines(url);
      times.push(performance.now() - start);
      most = Math.max(most, memory());
    }
    const files = openFiles();
    for (const socket of sockets) socket.destroy();
    const name = `${slowOnes.toLocaleString("en")} readers who never read`;
    return {
      [`${name}, memory of the server before and with them`]: `${before} MB, ${most} MB`,
      [`${name}, files that the server has open then`]: String(files),
      [`${name}, and another one's first lines, median and longest`]: `${Math.round(median(times))} ms, ${Math.round(Math.max(...times))} ms`,
    };
  });
}

/** Until they are there: who is told to come back does. */
async function firstLines(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/api/builds/1/log/live`).catch(() => undefined);
    if (answer?.status === 200) {
      const reader = answer.body!.getReader();
      await reader.read();
      await reader.cancel();
      return;
    }
    await sleep(100);
  }
}

interface LogServer {
  readonly url: string;
  /** The path of the log that it serves. */
  readonly log: string;
  /** What it takes now, in megabytes. */
  memory(): number;
  openFiles(): number;
}

async function withServer<T>(text: string, use: (server: LogServer) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const log = join(folder, "1.log");
  writeFileSync(log, text);
  const server = spawn(process.execPath, ["dist-bench/bench/web-server.js", log], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [first] = (await once(server.stdout, "data")) as [Buffer];
    const memory = (): number => {
      const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8")) ?? [];
      return Math.round(Number(kib) / 1024);
    };
    const openFiles = (): number => readdirSync(`/proc/${server.pid}/fd`).length;
    return await use({ url: first.toString().trim(), log, memory, openFiles });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

async function openStream(url: string, delays: number[]): Promise<{ destroy(): void }> {
  const request = get(`${url}/api/builds/1/log/live`);
  const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
  response.on("data", (data: Buffer) => {
    const now = performance.now();
    for (const [, sent] of data.toString().matchAll(/sent (\d+\.\d+)/g)) delays.push(now - Number(sent));
  });
  response.on("error", () => undefined);
  return request;
}

async function pages(): Promise<Record<string, string>> {
  const { url, close } = await serveSource(farm(packages, Date.now()));
  try {
    const script = (
      await Promise.all(["live.js", "log.js", "actions.js"].map((name) => wire(`${url}/assets/${name}`)))
    ).reduce((sum, size) => sum + size);
    const first =
      (await wire(`${url}/`)) +
      (await wire(`${url}/assets/style.css`)) +
      (await wire(`${url}/assets/live.js`));
    return {
      "a package with 60 neighbours": await timed(`${url}/package/linux-zen`),
      "the first page, over the wire": `${(first / 1024).toFixed(1)} KiB`,
      "all scripts, over the wire": `${(script / 1024).toFixed(1)} KiB`,
    };
  } finally {
    await close();
  }
}

/** A page as it is compressed on the way. */
async function wire(url: string): Promise<number> {
  const [response] = (await once(get(url, { headers: { "accept-encoding": "br" } }), "response")) as [
    NodeJS.ReadableStream,
  ];
  let size = 0;
  for await (const chunk of response) size += (chunk as Buffer).length;
  return size;
}

async function timed(url: string): Promise<string> {
  const times: number[] = [];
  for (let n = 0; n < 20; n++) {
    const start = performance.now();
    await (await fetch(url)).arrayBuffer();
    times.push(performance.now() - start);
  }
  return `${median(times).toFixed(1)} ms`;
}

/** With nothing published, so that every package is one that is missing. */
async function overviewOfRealWorkspace(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    importWorkspace(folder);
    const git = openGit(folder, process.env);
    const queue = await openSqliteQueue(join(folder, "queue.sqlite"));
    const repository = { root: join(folder, "repositories"), name: "farm", arch: "x86_64" };
    const none = { asOf: 1, problem: null, reviews: [] };
    const view = await openView({
      git,
      places: [{ revisions: revisionsOf(git, "x86_64"), repository }],
      logs: folder,
      state: folder,
      queue,
      reviews: { reviews: async () => none, review: async () => undefined },
    });
    const { url, close } = await serveSource(view);
    const start = performance.now();
    await (await fetch(`${url}/`)).arrayBuffer();
    const cold = performance.now() - start;
    const again = await timed(`${url}/`);
    const search = await timed(`${url}/packages?search=99`);
    await close();
    await view.close();
    await queue.close();
    return {
      "overview, first of all": `${Math.round(cold)} ms`,
      overview: again,
      "search among all packages": search,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function file(path: string, text: string): string {
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
}

function importWorkspace(folder: string): void {
  const git = (args: readonly string[], input?: string): string =>
    execFileSync("git", args, { cwd: folder, input, encoding: "utf8", maxBuffer: 2 ** 28 });
  git(["init", "--quiet", "--initial-branch", "main"]);
  const files = Array.from({ length: packages }, (_, n) => {
    const name = `package-${n}`;
    const needs = n > 50 ? `package-${n % 50}` : "";
    return (
      file(
        `packages/${name}/PKGBUILD`,
        `pkgname=${name}\npkgver=1.${n}\npkgrel=1\narch=('any')\nmakedepends=(${needs})\npackage() { :; }\n`,
      ) +
      file(
        `packages/${name}/.SRCINFO`,
        `pkgbase = ${name}\n\tpkgver = 1.${n}\n\tpkgrel = 1\n\tarch = any\n${needs === "" ? "" : `\tmakedepends = ${needs}\n`}\npkgname = ${name}\n`,
      )
    );
  });
  const config = file(".ci/config", "BUILD_REPO=farm\n");
  git(
    ["fast-import", "--quiet"],
    `commit refs/heads/main\ncommitter a <a@b> 1 +0000\ndata 1\nx\n${config}${files.join("")}\n`,
  );
}
