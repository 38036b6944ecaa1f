import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Offering } from "../tools/manager/builders/offering.ts";
import { Roster } from "../tools/manager/builders/roster.ts";
import { lineOf, openOffers, takeOffers } from "../tools/queue/bullmq/offers.ts";
import { redisAddress, type RedisAddress } from "../tools/queue/bullmq/redis-address.ts";
import type { Build, Queue } from "../tools/queue/queue.ts";
import { openSqliteQueue } from "../tools/queue/sqlite/sqlite.ts";
import { seededRandom } from "../test/world/random.ts";
import { RedisServer } from "../test/world/redis.ts";
import { median, type BenchReport } from "./report.ts";
import { sleepingGraph } from "../test/world/sleeping-farm.ts";

/** SLUICE_BENCH_BUILDS, SLUICE_BENCH_BUILDERS and SLUICE_BENCH_BUILD_MS make it smaller. */
const count = Number(process.env["SLUICE_BENCH_BUILDS"] ?? 100_000);
const builders = Number(process.env["SLUICE_BENCH_BUILDERS"] ?? 1000);
/** Half of it at least, and half as much more at most. */
const buildMs = Number(process.env["SLUICE_BENCH_BUILD_MS"] ?? 2000);
const leaseMs = 60_000;

/** Builders that only sleep: the embedded queue alone against the same queue that offers on Redis. */
export async function benchDispatch(): Promise<BenchReport> {
  const redis = await RedisServer.start();
  const address = redisAddress(redis.env)!;
  try {
    const embedded = await measure(count, workEmbedded);
    const offered = await measure(count, (farm) => workOffered(farm, address));
    const fewer = await measure(Math.ceil(count / 20), (farm) => workOffered(farm, address));
    return {
      name: `dispatch: ${count.toLocaleString("en")} builds of ${buildMs / 1000} s, ${builders.toLocaleString("en")} builders`,
      figures: {
        "the embedded queue alone": describe(embedded),
        "offered on Redis": describe(offered),
        "a twentieth of the builds": describe(fewer),
        "offered : embedded": `${Math.round((100 * offered.perSecond) / embedded.perSecond)}%`,
        "raw BullMQ, jobs that do nothing": await rawBullmq(),
      },
    };
  } finally {
    await redis.close();
  }
}

export interface Figures {
  readonly perSecond: number;
  readonly waitMs: number;
  readonly megabytes: number;
  readonly cpuMs: number;
}

function describe({ perSecond, waitMs, megabytes, cpuMs }: Figures): string {
  const wait = `idle builders begin after ${waitMs.toFixed(0)} ms (median)`;
  return `${Math.round(perSecond)} builds/s, ${wait}, ${cpuMs.toFixed(2)} ms of CPU each, ${Math.round(megabytes)} MB`;
}

/** The queue, and what is written down of each build. */
class BenchFarm {
  readonly queue: Queue;
  readonly waits: number[] = [];
  readonly #random = seededRandom(3);
  readonly #endedAt = new Map<string, number>();
  running = 0;
  left: number;
  megabytes = 0;

  readonly #buildMs: number;

  constructor(queue: Queue, builds: number, ms: number) {
    this.queue = queue;
    this.left = builds;
    this.#buildMs = ms;
  }

  /** Claims, sleeps and ends; false where there was nothing to claim. */
  async buildOne(name: string, id?: number): Promise<boolean> {
    const worker = {
      worker: name,
      classes: "all",
      leaseMs,
      ...(id !== undefined && { builds: [id] }),
    } as const;
    const claim = await this.queue.claim(worker);
    if (!claim) return false;
    const { needs, pkgbase } = claim.build;
    // Where all builders are busy, waiting says nothing.
    const readyAt = Math.max(0, ...needs.map((need) => this.#endedAt.get(need) ?? 0));
    if (this.running++ < builders * 0.9 && readyAt > 0) this.waits.push(performance.now() - readyAt);
    // Builds that all end at once are nobody's.
    await sleep(this.#buildMs * (0.5 + this.#random()));
    this.#endedAt.set(pkgbase, performance.now());
    await this.queue.finish(claim, { outcome: "built" });
    this.running--;
    this.left--;
    if (this.left % 500 === 0) this.megabytes = Math.max(this.megabytes, process.memoryUsage.rss() / 2 ** 20);
    return true;
  }
}

export async function measure(
  builds: number,
  work: (farm: BenchFarm) => Promise<void>,
  ms = buildMs,
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const queue = await openSqliteQueue(join(folder, "queue.db"));
  const farm = new BenchFarm(queue, builds, ms);
  const schedule = { commit: "0".repeat(40), arch: "x86_64", target: "bench", source: "bench", removals: [] };
  await queue.submit({ ...schedule, builds: sleepingGraph(builds) });
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work(farm);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await queue.close();
  rmSync(folder, { recursive: true, force: true });
  return {
    perSecond: builds / seconds,
    waitMs: farm.waits.length > 0 ? median(farm.waits) : 0,
    megabytes: farm.megabytes,
    cpuMs: (user + system) / 1000 / builds,
  };
}

/** As `sluice up` asks: after each end, and from time to time. */
export async function workEmbedded(farm: BenchFarm): Promise<void> {
  const workers = Array.from({ length: builders }, async (_, at) => {
    while (farm.left > 0) {
      if (!(await farm.buildOne(`builder-${at}`))) await sleep(100);
    }
  });
  await Promise.all(workers);
}

const now = (): number => performance.now();

async function workOffered(farm: BenchFarm, address: RedisAddress): Promise<void> {
  const stop = new AbortController();
  const roster = new Roster(now, leaseMs);
  const offers = await openOffers(address, fail);
  const { queue } = farm;
  const offering = new Offering({
    queue,
    offers,
    roster,
    now,
    leaseMs,
    signal: stop.signal,
    troubled: fail,
    living: async () => undefined,
  });
  const description = { arch: "x86_64", class: "2", jobs: 1, draining: false };
  const idle = Array.from({ length: builders }, (_, at) => `builder-${at}`);
  for (const name of idle) roster.heard(name, description, []);
  const alive = setInterval(() => {
    for (const { name, held } of roster.living()) roster.heard(name, description, [...held]);
  }, 5000);
  const taker = await takeOffers(address, {
    lines: [lineOf("x86_64", "2")],
    atOnce: builders,
    lockMs: 30_000,
    troubled: fail,
    async take({ build, losses }) {
      const name = idle.pop()!;
      offering.taken({ id: build, losses } as Build);
      roster.claimed(name, String(build));
      await farm.buildOne(name, build);
      roster.ended(name, String(build));
      idle.push(name);
      offering.look();
      if (farm.left === 0) stop.abort();
    },
  });
  await offering.run();
  clearInterval(alive);
  await taker.close();
  await offers.close();
}

function fail(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
}

/** BullMQ by itself, with a Redis of its own. */
export async function rawBullmq(): Promise<string> {
  const redis = await RedisServer.start();
  const address = redisAddress(redis.env)!;
  const offers = await openOffers(address, fail);
  const jobs = Math.min(count, 10_000);
  const start = performance.now();
  await offers.offer(
    "raw",
    Array.from({ length: jobs }, (_, build) => ({ build, losses: 0 })),
  );
  const added = performance.now();
  const all = new AbortController();
  let taken = 0;
  const taker = await takeOffers(address, {
    lines: ["raw"],
    atOnce: 100,
    lockMs: 30_000,
    troubled: fail,
    take: async () => void (++taken === jobs && all.abort()),
  });
  await sleep(600_000, undefined, { signal: all.signal }).catch(() => undefined);
  const done = performance.now();
  await taker.close();
  const perSecond = (ms: number): number => Math.round((1000 * jobs) / ms);
  await offers.close();
  await redis.close();
  return `${perSecond(added - start)} added/s, ${perSecond(done - added)} taken/s`;
}
