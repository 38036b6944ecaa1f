// Says that all builders are there, and prints what they saw when all builds are done.
import { sleepingGraph, startSleepingBuilders } from "../test/world/sleeping-farm.ts";
import { median } from "./report.ts";

export interface BuilderFigures {
  readonly seconds: number;
  /** From the moment at which the last need of a build was done until a builder has it, while some were idle. */
  readonly waitMs: number;
}

const [url = "", builds = "", buildMs = "", tokens = "[]"] = process.argv.slice(2);
const all = JSON.parse(tokens) as string[];
const graph = sleepingGraph(Number(builds));
const options = { url, env: process.env, tokens: all, builds: graph.length, buildMs: Number(buildMs) };
const builders = await startSleepingBuilders(options);
process.stdout.write("all are there\n");
const slept = await builders.done();
const endOf = new Map(slept.map(({ pkgbase, to }) => [pkgbase, to]));
const needsOf = new Map(graph.map(({ pkgbase, needs }) => [pkgbase, needs]));
const waits = slept
  // Where all builders are busy, waiting says nothing; nor where nothing was waited for.
  .filter(({ pkgbase, among }) => among < all.length * 0.9 && needsOf.get(pkgbase)!.length > 0)
  .map(({ pkgbase, from }) => from - Math.max(...needsOf.get(pkgbase)!.map((need) => endOf.get(need)!)));
const figures: BuilderFigures = {
  seconds:
    (Math.max(...endOf.values()) - slept.reduce((first, { from }) => Math.min(first, from), Infinity)) / 1000,
  waitMs: waits.length > 0 ? median(waits) : 0,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);
