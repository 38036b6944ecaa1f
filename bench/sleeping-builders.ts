// Says that all builders are there, then that the builds to warm up are done, and prints what they saw when all
// builds are done.
import { sleepingGraph, startSleepingBuilders, type Slept } from "../test/world/sleeping-farm.ts";
import { median, progress } from "./report.ts";

export interface BuilderFigures {
  readonly seconds: number;
  /** From the moment at which a build was ready and its builder had nothing to do until the builder has it. */
  readonly waitMs: number;
}

const [url = "", builds = "", warmUp = "0", buildMs = "", tokens = "[]"] = process.argv.slice(2);
const graph = sleepingGraph(Number(builds));
let done = 0;
const reporting = setInterval(() => {
  if (done > 0)
    progress(`${done.toLocaleString("en")} of ${graph.length.toLocaleString("en")} builds are done`);
}, 10_000);
const builders = await startSleepingBuilders({
  url,
  env: process.env,
  tokens: JSON.parse(tokens) as string[],
  builds: graph.length + Number(warmUp),
  buildMs: Number(buildMs),
  ended: (count) => {
    if (count === Number(warmUp)) process.stdout.write("all are warm\n");
    done = count - Number(warmUp);
  },
});
process.stdout.write("all are there\n");
const slept = (await builders.done()).filter(({ pkgbase }) => !pkgbase.startsWith("warm-up"));
clearInterval(reporting);
const first = slept.reduce((least, { from }) => Math.min(least, from), Infinity);
const last = slept.reduce((most, { to }) => Math.max(most, to), 0);
const figures: BuilderFigures = { seconds: (last - first) / 1000, waitMs: median(waits(slept)) };
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

/** Builds that needed nothing were ready when they were scheduled, which is when the first one began or before. */
function waits(all: readonly Slept[]): number[] {
  const endOf = new Map(all.map(({ pkgbase, to }) => [pkgbase, to]));
  const needsOf = new Map(graph.map(({ pkgbase, needs }) => [pkgbase, needs]));
  const freeSince = new Map<string, number>();
  return all
    .toSorted((a, b) => a.from - b.from)
    .map(({ pkgbase, builder, from, to }) => {
      const readyAt = Math.max(first, ...needsOf.get(pkgbase)!.map((need) => endOf.get(need)!));
      const since = Math.max(readyAt, freeSince.get(builder) ?? 0);
      freeSince.set(builder, to);
      return from - since;
    });
}
