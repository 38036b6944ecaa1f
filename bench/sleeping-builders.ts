// As many builders as there are tokens, each as a process of its own is towards manager and Redis: only that they
// sleep in place of building. Prints what they saw when all builds are done.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../test/world/random.ts";
import { alivePerLease } from "../tools/manager/builder-protocol.ts";
import { classLines } from "../tools/manager/builders/roster.ts";
import { ManagerClient } from "../tools/manager/remote/manager-client.ts";
import { lineOf, takeOffers } from "../tools/queue/bullmq/offers.ts";
import { redisAddress } from "../tools/queue/bullmq/redis-address.ts";
import { median } from "./report.ts";
import { sleepingGraph } from "./sleeping-graph.ts";

export interface BuilderFigures {
  readonly seconds: number;
  /** From the moment at which the last need of a build was done until a builder has it, while some were idle. */
  readonly waitMs: number;
}

const [url = "", builds = "", buildMs = "", tokens = ""] = process.argv.slice(2);
const redis = redisAddress(process.env)!;
const all = JSON.parse(tokens) as string[];
const graph = new Map(sleepingGraph(Number(builds)).map(({ pkgbase, needs }) => [pkgbase, needs]));
const endedAt = new Map<string, number>();
const waits: number[] = [];
const random = seededRandom(3);
const done = new AbortController();
setMaxListeners(0, done.signal);
const ends: (() => Promise<void>)[] = [];
let running = 0;
let begun: number | undefined;

const fail = (error: unknown): void =>
  void (done.signal.aborted || process.stderr.write(`${String(error)}\n`));

async function begin(token: string): Promise<void> {
  const manager = new ManagerClient({ url, token }, fail);
  const { name, leaseMs } = await manager.hello(done.signal);
  const held: { build: number; token: string }[] = [];
  const description = { arch: "x86_64", class: "2", jobs: 1, draining: false };
  const sayAlive = (): Promise<unknown> => manager.alive(description, held, done.signal).catch(fail);
  await sayAlive();
  const beat = setInterval(() => void sayAlive(), leaseMs / alivePerLease);
  const taker = await takeOffers(redis, {
    lines: classLines({ name, class: "2" }).map((line) => lineOf("x86_64", line)),
    atOnce: 1,
    lockMs: leaseMs,
    troubled: fail,
    take: async ({ build }) => {
      if (done.signal.aborted) return;
      const claim = await manager.claim(build, done.signal);
      if (claim.kind === "gone") return;
      const needs = graph.get(claim.pkgbase)!;
      const readyAt = Math.max(0, ...needs.map((need) => endedAt.get(need) ?? 0));
      // Where all builders are busy, waiting says nothing.
      if (running++ < all.length * 0.9 && readyAt > 0) waits.push(performance.now() - readyAt);
      begun ??= performance.now();
      held.push({ build, token: claim.token });
      // Builds that all end at once are nobody's.
      await sleep(Number(buildMs) * (0.5 + random()));
      running--;
      const ending = performance.now();
      await manager.finish(claim, { outcome: "skipped", message: "" }, done.signal);
      endedAt.set(claim.pkgbase, ending);
      held.pop();
      if (endedAt.size === graph.size) done.abort();
    },
  });
  ends.push(async () => {
    clearInterval(beat);
    await taker.close();
    await manager.close();
  });
}

for (const token of all) await begin(token);
process.stdout.write("all are there\n");
if (!done.signal.aborted) {
  await new Promise<void>((resolve) => done.signal.addEventListener("abort", () => resolve()));
}
const seconds = (performance.now() - begun!) / 1000;
const waitMs = waits.length > 0 ? median(waits) : 0;
process.stdout.write(`${JSON.stringify({ seconds, waitMs } satisfies BuilderFigures)}\n`);
process.exit(0);
