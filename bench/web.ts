import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openGit } from "../tools/git/git.ts";
import { revisionsOf } from "../tools/manager/reconcile/revision.ts";
import { openView } from "../tools/manager/view/view.ts";
import { openSqliteQueue } from "../tools/queue/sqlite/sqlite.ts";
import { farm } from "../test/world/web-farm.ts";
import { serveSource } from "../test/world/web-source.ts";
import { median, type BenchReport } from "./report.ts";

const readers = 1000;
const lines = 50;
const packages = 10_000;

/** Pages and live logs: real connections on loopback. */
export async function benchWeb(): Promise<BenchReport> {
  return {
    name: `web: ${readers.toLocaleString("en")} readers of one log, ${packages.toLocaleString("en")} packages`,
    figures: { ...(await liveLog()), ...(await pages()), ...(await overviewOfRealWorkspace()) },
  };
}

async function liveLog(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const log = join(folder, "1.log");
  writeFileSync(log, "==> Starting build()...\n");
  const server = spawn(process.execPath, ["dist-bench/bench/web-server.js", log], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [first] = (await once(server.stdout, "data")) as [Buffer];
    const url = first.toString().trim();
    const delays: number[] = [];
    const streams = await Promise.all(Array.from({ length: readers }, () => openStream(url, delays)));
    await sleep(1000);
    delays.length = 0;
    for (let n = 0; n < lines; n++) {
      appendFileSync(log, `sent ${performance.now()}\n`);
      await sleep(200);
    }
    const size = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]);
    for (const stream of streams) stream.destroy();
    const sorted = delays.toSorted((a, b) => a - b);
    const at = (share: number): string => `${Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)} ms`;
    return {
      "lines that arrived": `${sorted.length} of ${readers * lines}`,
      "from writing to reading, median": at(0.5),
      "from writing to reading, p95": at(0.95),
      "memory of the server": `${Math.round(size / 1024)} MB`,
    };
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
      "search among all packages": await timed(`${url}/repository?search=99`),
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
    await close();
    await view.close();
    await queue.close();
    return { "overview, first of all": `${Math.round(cold)} ms`, overview: again };
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
