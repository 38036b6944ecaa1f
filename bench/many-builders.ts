import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisServer } from "../test/world/redis.ts";
import { sleepingGraph, warmUpGraph, writeSleepingWorkspace } from "../test/world/sleeping-farm.ts";
import { startChild, type Child } from "./child-process.ts";
import { measure, rawBullmq, workEmbedded } from "./dispatch.ts";
import { progress, type BenchReport } from "./report.ts";
import type { BuilderFigures } from "./sleeping-builders.ts";
import type { ManagerFigures } from "./sleeping-manager.ts";

/** SLUICE_BENCH_BUILDS, SLUICE_BENCH_BUILDERS and SLUICE_BENCH_BUILD_MS make it smaller. */
const builds = Number(process.env["SLUICE_BENCH_BUILDS"] ?? 100_000);
const builders = Number(process.env["SLUICE_BENCH_BUILDERS"] ?? 1000);
/** So short that dispatching is what takes the time: a thousand builders want more than 300 builds a second. */
const buildMs = Number(process.env["SLUICE_BENCH_BUILD_MS"] ?? 3000);

/**
 * A whole manager with builders that only sleep, each with its own connections to Redis and to the manager, against
 * the embedded queue alone with as many. Ten minutes, where the machine has nothing else to do.
 */
export async function benchManyBuilders(): Promise<BenchReport> {
  const sizes = [builds / 100, builds / 10, builds].map(Math.ceil);
  const runs: Simulated[] = [];
  for (const size of sizes) runs.push(await simulate(size));
  progress(`the embedded queue alone: ${sizes[1]!.toLocaleString("en")} builds`);
  const [small, middle, large] = runs as [Simulated, Simulated, Simulated];
  const embedded = await measure(sizes[1]!, workEmbedded, buildMs);
  const names = sizes.map((size) => size.toLocaleString("en"));
  const cpu = runs.map(({ cpuMs }, at) => `${cpuMs.toFixed(2)} ms of ${names[at]}`).join(", ");
  return {
    name: `many builders: ${builders.toLocaleString("en")} that sleep ${buildMs / 1000} s for each build`,
    figures: {
      [`dispatch of ${names[1]} builds, against the embedded queue alone`]: `${percent(middle.perSecond, embedded.perSecond)} (${Math.round(middle.perSecond)} against ${Math.round(embedded.perSecond)} builds/s; 80% at least)`,
      [`dispatch of ${names[2]} builds`]: `${percent(large.perSecond, embedded.perSecond)} (${Math.round(large.perSecond)} builds/s)`,
      "an idle builder begins after": `${large.waitMs.toFixed(0)} ms (median; 100 at most)`,
      [`the manager's memory with ${names[2]} builds`]: `${Math.round(large.megabytes)} MB (1,024 at most)`,
      "the manager's CPU for one build": `${cpu}: ${(large.cpuMs / small.cpuMs).toFixed(2)} times`,
      "raw BullMQ, jobs that do nothing": await rawBullmq(),
    },
  };
}

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)}%`;

interface Simulated extends ManagerFigures, BuilderFigures {
  readonly perSecond: number;
}

/** Runs a manager and its builders until all is built. */
async function simulate(count: number): Promise<Simulated> {
  const redis = await RedisServer.start();
  const base = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  // What a process does first it does slowly.
  const warmUp = 2 * builders;
  writeSleepingWorkspace(base, [...sleepingGraph(count), ...warmUpGraph(warmUp)]);
  const tokens = JSON.stringify(
    Array.from({ length: builders }, () => randomBytes(32).toString("base64url")),
  );
  const children: Child[] = [];
  const begin = (program: string, args: readonly unknown[]): Child => {
    const child = startChild(program, args, redis.env);
    children.push(child);
    return child;
  };
  try {
    progress(`${count.toLocaleString("en")} builds: the manager reads the workspace`);
    const manager = begin("./sleeping-manager.js", [base, count, warmUp, tokens]);
    const url = await manager.line();
    progress(`${builders.toLocaleString("en")} builders begin`);
    const farm = begin("./sleeping-builders.js", [url, count, warmUp, buildMs, tokens]);
    await farm.line();
    manager.stdin.write("warm up\n");
    await farm.line();
    manager.stdin.write("nothing\n");
    await sleep(5000);
    manager.stdin.write("all\n");
    const seen = JSON.parse(await farm.line()) as BuilderFigures;
    manager.stdin.end();
    const took = JSON.parse(await manager.line()) as ManagerFigures;
    return { ...seen, ...took, perSecond: count / seen.seconds };
  } finally {
    for (const { kill } of children) await kill();
    await redis.close();
    rmSync(base, { recursive: true, force: true });
  }
}
