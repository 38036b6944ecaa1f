// A manager: the folder that all of it lies in, in `clone` the workspace that `writeSleepingWorkspace` wrote, how many
// builds there are and how many to warm up, and the builders' tokens. It prints its address. At the first line of its
// input it schedules the builds to warm up, at the second it begins to look what it costs that nothing is to be done,
// at the third it schedules all others, and when the input ends it prints what they took.
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { boundHeapGrowth } from "../tools/system/heap-growth.ts";
import { openSleepingManager, sleepingGraph, warmUpGraph } from "../test/world/sleeping-farm.ts";

export interface ManagerFigures {
  /** Of the processor, for one build, beyond what it costs that its builders say that they are there. */
  readonly cpuMs: number;
  /** The most that the process ever had. */
  readonly megabytes: number;
}

boundHeapGrowth();
const [base = "", builds = "", warmUp = "0", tokens = "[]"] = process.argv.slice(2);
const graph = sleepingGraph(Number(builds));
const manager = await openSleepingManager(base, {
  graph,
  tokens: JSON.parse(tokens) as string[],
  env: process.env,
  clone: join(base, "clone"),
});
process.stdout.write(`${manager.url}\n`);
const input = createInterface(process.stdin);
const ended = once(input, "close");
const lines = input[Symbol.asyncIterator]();

await lines.next();
await manager.submit(warmUpGraph(Number(warmUp)));
await lines.next();
const idle = since();
await lines.next();
const { cpuMs: idleCpuMs, ms: idleMs } = idle();
const busy = since();
await manager.submit();
await ended;
const { cpuMs, ms } = busy();
const figures: ManagerFigures = {
  cpuMs: (cpuMs - (idleCpuMs / idleMs) * ms) / graph.length,
  megabytes: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await manager.close();
process.exit(0);

/** Begins to measure; what it returns ends it. */
function since(): () => { readonly cpuMs: number; readonly ms: number } {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { cpuMs: (user + system) / 1000, ms: performance.now() - start };
  };
}
