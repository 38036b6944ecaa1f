import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openGit } from "../../tools/git/git.ts";
import { alivePerLease } from "../../tools/manager/builder-protocol.ts";
import { handOut } from "../../tools/manager/builders/claims/hand-out.ts";
import { classLines } from "../../tools/manager/builders/roster.ts";
import { openInstallations, type Installation } from "../../tools/manager/installation.ts";
import { ManagerClient } from "../../tools/manager/remote/manager-client.ts";
import { serve } from "../../tools/manager/serve.ts";
import { publish } from "../../tools/pkgrepo/publishing/publish.ts";
import { lineOf, takeOffers } from "../../tools/queue/bullmq/offers.ts";
import { redisAddress } from "../../tools/queue/bullmq/redis-address.ts";
import type { SubmittedBuild } from "../../tools/queue/submission.ts";
import { bubblewrap } from "../../tools/sandbox/bubblewrap/bubblewrap.ts";
import { seededRandom } from "./random.ts";
import { pkgbuildText, srcinfoText } from "./workspace.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Graph = readonly SubmittedBuild[];

/** Seven in ten need nothing, the others one to three, mostly of the same few. */
export function sleepingGraph(builds: number): SubmittedBuild[] {
  const random = seededRandom(2);
  return Array.from({ length: builds }, (_, index) => {
    const needs = index === 0 || random() < 0.7 ? 0 : 1 + Math.floor(random() * 3);
    const names = Array.from({ length: needs }, () => `p${Math.floor(index * random() ** 2)}`);
    const pkgbase = `p${index}`;
    return { pkgbase, class: null, pkgnames: [pkgbase], needs: [...new Set(names)], reason: "changed" };
  });
}

/** Builds that need nothing, by names of their own. */
export function warmUpGraph(builds: number): SubmittedBuild[] {
  return Array.from({ length: builds }, (_, index) => {
    const pkgbase = `warm-up${index}`;
    return { pkgbase, class: null, pkgnames: [pkgbase], needs: [], reason: "changed" };
  });
}

export interface SleepingManager {
  readonly installation: Installation;
  readonly url: string;
  /** Schedules these of the workspace's packages; default: all of the graph. */
  submit(builds?: Graph): Promise<void>;
  close(): Promise<void>;
}

/**
 * A whole manager, with its API, its queue and its log files, over a workspace that holds the graph's packages.
 *
 * @param options.clone where `writeSleepingWorkspace` wrote it already; default: it is written now
 */
export async function openSleepingManager(
  base: string,
  {
    graph,
    tokens,
    env,
    clone = writeSleepingWorkspace(base, graph),
  }: {
    readonly graph: Graph;
    readonly tokens: readonly string[];
    readonly env: Environment;
    readonly clone?: string;
  },
): Promise<SleepingManager> {
  const state = join(base, "state");
  mkdirSync(state);
  const digests = tokens.map((token) => createHash("sha256").update(token).digest("hex"));
  const known = Object.fromEntries(digests.map((digest, at) => [`b${at}`, digest]));
  writeFileSync(join(state, "builders.json"), JSON.stringify(known));
  const commit = execFileSync("git", ["-C", clone, "rev-parse", "main"], { encoding: "utf8" }).trim();
  const [installation] = await openInstallations({
    git: openGit(clone, process.env),
    settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
    state,
    gnupgHome: "/nonexistent",
    sandbox: bubblewrap(),
  });
  await publish(installation.repository, [], new Date());
  await installation.revisions.at(commit);
  const handedOut = await handOut([installation], {
    redis: redisAddress(env)!,
    workspaceOf: () => ({ name: "scratch", url: clone }),
    buildsHere: [],
    watcher: { troubled: (error) => process.stderr.write(`${error.message}\n`) },
  });
  const server = await serve(installation.folders, 0, { handler: handedOut.handle, connectionsEach: 2000 });
  const schedule = { commit, arch: "x86_64", target: "test", source: "scratch", removals: [] };
  return {
    installation,
    url: server.url,
    submit: async (builds = graph) => void (await installation.queue.submit({ ...schedule, builds })),
    close: async () => {
      await handedOut.close();
      await server.close();
      await installation.queue.close();
    },
  };
}

/**
 * One commit, written as Git's own stream: there may be a hundred thousand packages. Git looks for a folder's entry
 * among all others that it has, so the packages are written in parts, and then put into one folder.
 *
 * @returns its folder
 */
export function writeSleepingWorkspace(base: string, graph: Graph): string {
  const folder = join(base, "clone");
  const git = (args: readonly string[], input = ""): string =>
    execFileSync(
      "git",
      ["-C", folder, "-c", "user.name=Test", "-c", "user.email=test@example.org", ...args],
      {
        input,
        encoding: "utf8",
        maxBuffer: 2 ** 30,
      },
    ).trim();
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", folder]);
  const pieces = ["commit refs/heads/parts\ncommitter Test <test@example.org> 1700000000 +0000\ndata 0\n"];
  const file = (path: string, text: string): void => {
    pieces.push(`M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`);
  };
  file(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\n");
  for (const [at, { pkgbase, needs }] of graph.entries()) {
    const lines = needs.map((need) => `depends = ${need}`);
    const path = `${Math.floor(at / partSize)}/${pkgbase}`;
    file(`${path}/PKGBUILD`, pkgbuildText(pkgbase, { lines }));
    file(`${path}/.SRCINFO`, srcinfoText(pkgbase, { lines }));
  }
  git(["fast-import", "--quiet"], pieces.join(""));
  const trees = git(["ls-tree", "-r", "-d", "-t", "parts"]).split("\n");
  const packages = trees.filter((line) => line.includes("/")).map((line) => line.replace(/\t\d+\//, "\t"));
  const settings = trees.find((line) => line.endsWith("\t.ci"));
  const whole = `040000 tree ${git(["mktree"], `${packages.join("\n")}\n`)}\tpackages\n`;
  const commit = git(["commit-tree", git(["mktree"], `${settings}\n${whole}`), "-m", "packages"]);
  git(["update-ref", "refs/heads/main", commit]);
  git(["branch", "--quiet", "-D", "parts"]);
  return folder;
}

const partSize = 300;

/** What builders did, in milliseconds of one clock. */
export interface Slept {
  readonly pkgbase: string;
  readonly builder: string;
  readonly from: number;
  readonly to: number;
  /** How many were at work when it began. */
  readonly among: number;
}

export interface SleepingBuilders {
  /** Resolves when all of the graph is done. */
  done(): Promise<readonly Slept[]>;
}

/**
 * A builder for each token, with connections of its own to Redis and to the manager, which sleeps in place of
 * building.
 *
 * @param options.buildMs half of it at least, and half as much more at most
 */
export async function startSleepingBuilders(options: {
  readonly url: string;
  readonly env: Environment;
  readonly tokens: readonly string[];
  readonly builds: number;
  readonly buildMs: number;
  /** Is told how many are done, after each. */
  readonly ended?: (count: number) => void;
}): Promise<SleepingBuilders> {
  const { url, env, tokens, builds, buildMs } = options;
  const redis = redisAddress(env)!;
  const random = seededRandom(3);
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const slept: Slept[] = [];
  const ends: (() => Promise<void>)[] = [];
  let running = 0;

  async function begin(token: string): Promise<void> {
    const manager = new ManagerClient({ url, token }, () => undefined);
    const { name, leaseMs } = await manager.hello(over.signal);
    const held: { build: number; token: string }[] = [];
    const description = { arch: "x86_64", class: "2", jobs: 1, draining: false };
    const sayAlive = (): Promise<unknown> =>
      manager.alive(description, held, over.signal).catch(() => undefined);
    await sayAlive();
    const beat = setInterval(() => void sayAlive(), leaseMs / alivePerLease);
    const taker = await takeOffers(redis, {
      lines: classLines({ name, class: "2" }).map((line) => lineOf("x86_64", line)),
      atOnce: 1,
      lockMs: leaseMs,
      troubled: () => undefined,
      take: (offer) => take(offer.build).catch(() => undefined),
    });
    ends.push(async () => {
      clearInterval(beat);
      await taker.close();
      await manager.close();
    });

    async function take(build: number): Promise<void> {
      const claim = await manager.claim(build, over.signal);
      if (claim.kind === "gone") return;
      const from = performance.now();
      const among = ++running;
      held.push({ build, token: claim.token });
      // Builds that all end at once are nobody's.
      await sleep(buildMs * (0.5 + random()));
      running--;
      const to = performance.now();
      await manager.finish(claim, { outcome: "skipped", message: "" }, over.signal);
      held.pop();
      slept.push({ pkgbase: claim.pkgbase, builder: name, from, to, among });
      options.ended?.(slept.length);
      if (slept.length === builds) over.abort();
    }
  }

  for (const token of tokens) await begin(token);
  return {
    async done() {
      if (!over.signal.aborted) {
        await new Promise<void>((resolve) => over.signal.addEventListener("abort", () => resolve()));
      }
      await Promise.all(ends.map((end) => end()));
      return slept;
    },
  };
}
