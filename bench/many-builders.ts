import { randomBytes } from "node:crypto";
import { startChild, type Child } from "./child-process.ts";
import { measure, workEmbedded } from "./dispatch.ts";
import { RedisServer } from "../test/world/redis.ts";
import type { BenchReport } from "./report.ts";
import type { BuilderFigures } from "./sleeping-builders.ts";
import type { ManagerFigures } from "./sleeping-manager.ts";

/** SLUICE_BENCH_BUILDS, SLUICE_BENCH_BUILDERS and SLUICE_BENCH_BUILD_MS make it smaller. */
const builds = Number(process.env["SLUICE_BENCH_BUILDS"] ?? 100_000);
const builders = Number(process.env["SLUICE_BENCH_BUILDERS"] ?? 1000);
const buildMs = Number(process.env["SLUICE_BENCH_BUILD_MS"] ?? 10_000);

/**
 * A whole manager with builders that only sleep, each with its own connections to Redis and to the manager, against
 * the embedded queue alone with as many.
 */
export async function benchManyBuilders(): Promise<BenchReport> {
  const figures: Record<string, string> = {};
  for (const size of [builds / 100, builds / 10, builds].map(Math.ceil)) {
    figures[`${size.toLocaleString("en")} builds`] = describe(await simulate(size));
  }
  const whole = await simulate(Math.ceil(builds / 10));
  const embedded = await measure(Math.ceil(builds / 10), workEmbedded, buildMs);
  figures["against the embedded queue alone"] =
    `${Math.round((100 * whole.perSecond) / embedded.perSecond)}%`;
  return {
    name: `many builders: ${builders.toLocaleString("en")} that sleep ${buildMs / 1000} s for each build`,
    figures,
  };
}

interface Simulated extends ManagerFigures, BuilderFigures {
  readonly perSecond: number;
}

function describe({ perSecond, waitMs, cpuMs, megabytes }: Simulated): string {
  const manager = `the manager takes ${cpuMs.toFixed(2)} ms of CPU each and ${Math.round(megabytes)} MB`;
  return `${Math.round(perSecond)} builds/s, idle builders begin after ${waitMs.toFixed(0)} ms (median), ${manager}`;
}

/** Runs a manager and its builders until all is built. */
async function simulate(count: number): Promise<Simulated> {
  const redis = await RedisServer.start();
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
    const manager = begin("./sleeping-manager.js", [count, tokens]);
    const url = await manager.line();
    const farm = begin("./sleeping-builders.js", [url, count, buildMs, tokens]);
    await farm.line();
    manager.stdin.write("go\n");
    const seen = JSON.parse(await farm.line()) as BuilderFigures;
    manager.stdin.end();
    const took = JSON.parse(await manager.line()) as ManagerFigures;
    return { ...seen, ...took, perSecond: count / seen.seconds };
  } finally {
    for (const { kill } of children) await kill();
    await redis.close();
  }
}
