import { serve } from "../../tools/manager/serve.ts";
import type { Overview, PackageView } from "../../tools/web/api/package-schemas.ts";
import type { Build, Builder, Review } from "../../tools/web/api/schemas.ts";
import { openWeb, type WebOptions } from "../../tools/web/server.ts";
import type { LogSource, Source } from "../../tools/web/source.ts";

/** What a stranger may have written anywhere. */
export const nasty = `<img src=x onerror="alert('&')">`;
export const name = "a+b@c._d--e";

const build: Build = {
  id: 1,
  pkgbase: name,
  arch: "x86_64",
  target: "test",
  source: "workspace",
  commit: "0".repeat(40),
  reasons: [nasty],
  class: nasty,
  status: "active",
  message: nasty,
  worker: nasty,
  queuedAt: 1,
  startedAt: 2,
  finishedAt: null,
  expectedMs: 3,
  bytes: 5,
};
const failing = {
  pkgbase: name,
  outcome: "failed",
  message: nasty,
  since: 1,
  arch: "x86_64",
  firstCommit: nasty,
  commit: nasty,
  builds: 2,
  build: 1,
  blocks: [name],
  notStarted: false,
  firstVersion: nasty,
};
const overview: Overview = {
  repository: "test",
  arch: "x86_64",
  commit: "0".repeat(40),
  packages: 2,
  published: 1,
  resting: { onTrigger: 1, foreign: 1 },
  lastPublished: null,
  isRunning: false,
  building: [build],
  waiting: [{ ...build, status: "blocked" }],
  failing: [failing],
  unscheduled: [{ pkgbase: name, arch: "x86_64", reason: nasty }],
  recent: [{ ...build, status: "failed", finishedAt: 4 }],
  newest: [{ name, pkgbase: name, version: nasty, arch: nasty, filename: nasty, publishedAt: 1 }],
};
const review: Review = {
  pkgbase: name,
  url: null,
  branch: nasty,
  openedAt: 1,
  verdict: "dangerous",
  versions: nasty,
  findings: [{ severity: "danger", message: `${nasty}\u202e`, file: nasty, line: 1 }],
  evidence: [{ title: "Packages", first: [`A setuid file: \`${nasty}\u202e\``], lines: [nasty] }],
};
const builder: Builder = {
  name: nasty,
  class: nasty,
  arch: nasty,
  jobs: 1,
  there: true,
  drained: nasty,
  building: [build],
  last: { ...build, status: "failed", finishedAt: 4 },
};
const published = { name, pkgbase: name, version: nasty, arch: nasty, filename: nasty, publishedAt: 1 };
const pkg: PackageView = {
  pkgbase: name,
  state: "failing",
  why: nasty,
  isCurrent: false,
  standings: [
    { arch: nasty, state: "failing", why: nasty, version: nasty, isCurrent: false },
    { arch: "x86_64", state: "published", why: "", version: null, isCurrent: true },
  ],
  version: nasty,
  onTrigger: nasty,
  pkgnames: [nasty],
  published: [published],
  madeFrom: nasty,
  needs: [name],
  neededBy: [name],
  arch: "x86_64",
  held: nasty,
  upstream: nasty,
  review,
  reviewsAsOf: null,
  causes: [{ pkgbase: name, outcome: nasty, build: 1 }],
  graph: {
    nodes: [
      { pkgbase: name, level: 0, state: "bad" },
      { pkgbase: nasty, level: 1, state: "calm" },
    ],
    edges: [{ from: name, to: nasty }],
    left: 3,
  },
  builds: [
    build,
    { ...build, status: "failed", finishedAt: 4 },
    { ...build, id: 2, status: "failed", finishedAt: 4 },
  ],
};

/** A log that never ends, of which each byte that is read is counted. */
export const read = { bytes: 0 };
const endless: LogSource = {
  size: async () => 10 * (nasty.length + 1),
  read: async (from, length) => Buffer.from(`${nasty}\n`.repeat(10)).subarray(from, from + length),
  times: async () => [[0, 1]],
  async *follow(_from, signal) {
    while (!signal.aborted) {
      read.bytes += 65_536;
      yield Buffer.from("x\n".repeat(32_768));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};
const source: Source = {
  name: "test",
  overview: async () => overview,
  failing: async () => [failing],
  queue: async () => ({
    builds: overview.waiting,
    removals: [{ pkgbase: name, pkgnames: [nasty], reason: nasty }],
    held: [{ pkgbase: name, why: nasty }],
  }),
  repository: async () => ({
    name: "test",
    arch: "x86_64",
    fingerprint: "AB",
    lastPublished: 1,
    packages: [published],
    releases: [
      {
        project: nasty,
        channel: nasty,
        takes: nasty,
        ref: nasty,
        reason: nasty,
        release: {
          version: nasty,
          finishedAt: null,
          jobs: [
            {
              job: nasty,
              status: "failed",
              at: 1,
              message: nasty,
              build: 1,
              files: [{ artifact: nasty, path: nasty, bytes: 1, sha256: nasty }],
            },
          ],
          publications: [{ name: nasty, at: 1, files: [{ at: nasty, sha256: nasty }] }],
        },
      },
    ],
  }),
  builders: async () => [builder],
  reviews: async () => ({ asOf: 1, problem: nasty, reviews: [review] }),
  review: async (pkgbase) =>
    pkgbase === name
      ? {
          ...review,
          files: [{ path: nasty, before: `same\n${nasty}\n`, after: `same\n${nasty}\u202e\u0007 more\n` }],
        }
      : undefined,
  packages: async ({ search }) => ({
    total: 300,
    packages: name.includes(search)
      ? [{ pkgbase: name, pkgnames: [nasty], version: nasty, published: nasty, state: "held", why: nasty }]
      : [],
  }),
  package: async (pkgbase) => (pkgbase === name ? pkg : undefined),
  builds: async ({ pkgbase }) => (pkgbase === undefined || pkgbase === name ? [build] : []),
  totals: async () => ({ succeeded: 7, failed: 2 }),
  build: async (id) => (id === 1 ? build : undefined),
  namcap: async () => ({
    state: "stopped",
    lines: [{ level: "error", package: nasty, tag: nasty, message: nasty }],
    left: 1,
  }),
  log: async (id) => (id === 1 ? endless : undefined),
  measures: async () => [
    {
      name: "sluice_builds_finished_total",
      help: nasty,
      type: "counter",
      values: [
        { labels: { target: "test", arch: "x86_64", class: nasty, outcome: "built" }, value: 3 },
        { labels: { target: "test", arch: "x86_64", class: "", outcome: "failed" }, value: 1 },
      ],
    },
    {
      name: "sluice_build_duration_seconds",
      help: "How long builds took",
      type: "histogram",
      values: [
        { part: "_bucket", labels: { le: "10" }, value: 3 },
        { part: "_bucket", labels: { le: "+Inf" }, value: 4 },
        { part: "_sum", labels: {}, value: 60 },
        { part: "_count", labels: {}, value: 4 },
      ],
    },
  ],
  async *events(after, signal) {
    for (let seq = (after ?? 0) + 1; seq < (after ?? 0) + 4; seq++) {
      yield { seq, at: 1, kind: "finished", pkgbase: name, build: 1 };
    }
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  },
};

/** Pages and API of a manager whose every text is nasty. */
export function serveNasty(
  options: WebOptions = {},
  changed: Partial<Source> = {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  return serveSource({ ...source, ...changed }, options);
}

/** Pages and API of a source, at a port of their own. */
export async function serveSource(
  source: Source,
  options: WebOptions = {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const web = await openWeb(source, options);
  const nowhere = { repositories: "/nonexistent", logs: "/nonexistent" };
  const server = await serve(nowhere, 0, {
    handler: async (request, response) => {
      web.handle(request, response);
      return true;
    },
    ...(options.proxies && { proxies: options.proxies }),
  });
  return {
    url: server.url,
    async close() {
      await web.close();
      await server.close();
    },
  };
}
