// Prints its address, schedules as many builds as it is told at the first line of its input, and prints what that
// took when the input ends. The third argument is the folder that all of it lies in.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSleepingManager, sleepingGraph } from "../test/world/sleeping-farm.ts";

export interface ManagerFigures {
  /** Of the processor, for one build. */
  readonly cpuMs: number;
  readonly megabytes: number;
}

const [builds = "", tokens = "[]", base = mkdtempSync(join(tmpdir(), "sluice-bench-"))] =
  process.argv.slice(2);
const graph = sleepingGraph(Number(builds));
const manager = await openSleepingManager(base, {
  graph,
  tokens: JSON.parse(tokens) as string[],
  env: process.env,
});
let before = process.cpuUsage();
process.stdin.once("data", () => {
  before = process.cpuUsage();
  void manager.submit();
});
process.stdout.write(`${manager.url}\n`);
await once(process.stdin, "end");
const { user, system } = process.cpuUsage(before);
const figures: ManagerFigures = {
  cpuMs: (user + system) / 1000 / graph.length,
  megabytes: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await manager.close();
rmSync(base, { recursive: true, force: true });
process.exit(0);
