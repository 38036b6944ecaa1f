import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Source } from "./source.ts";

/**
 * What Prometheus asks for. None is per package, so that their number doesn't grow. Gauges are read when they are
 * asked for; counters count from the start of this process, as the format allows.
 */
export function openMetrics(source: Source, over: AbortSignal): Registry {
  const registry = new Registry();
  const registers = [registry];
  const labels = { repository: source.name };
  registry.setDefaultLabels(labels);

  const pending = new Gauge({
    name: "sluice_builds_pending",
    help: "Builds that are queued or active",
    labelNames: ["status"],
    registers: [],
    async collect() {
      const { builds } = await source.queue();
      for (const status of ["ready", "waiting", "delayed", "blocked", "active"] as const) {
        this.set({ status }, builds.filter((build) => build.status === status).length);
      }
    },
  });
  registry.registerMetric(pending);
  const gauges: readonly (readonly [name: string, help: string, read: (found: Overview) => number])[] = [
    ["sluice_packages", "Packages of main", ({ packages }) => packages],
    [
      "sluice_packages_published",
      "Packages that are published as main has them",
      ({ published }) => published,
    ],
    ["sluice_packages_failing", "Packages whose last build failed", ({ failing }) => failing.length],
    [
      "sluice_last_published_timestamp_seconds",
      "When something was published last",
      ({ lastPublished }) => (lastPublished ?? 0) / 1000,
    ],
    [
      "sluice_oldest_ready_build_timestamp_seconds",
      "Since when the build waits that is ready and waits longest; 0: none does",
      oldestReady,
    ],
    [
      "sluice_builders_active",
      "Builders at work",
      ({ building }) => new Set(building.map(({ worker }) => worker)).size,
    ],
  ];
  for (const [name, help, read] of gauges) {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        this.set(read(await source.overview()));
      },
    });
    registry.registerMetric(gauge);
  }
  const finished = new Counter({
    name: "sluice_builds_finished_total",
    help: "Builds that ended since this process started",
    labelNames: ["outcome"],
    registers,
  });
  const took = new Histogram({
    name: "sluice_build_duration_seconds",
    help: "How long builds took",
    buckets: [10, 30, 60, 300, 900, 3600, 14_400],
    registers,
  });
  void count(source, over, { finished, took });
  return registry;
}

type Overview = Awaited<ReturnType<Source["overview"]>>;

function oldestReady({ waiting }: Overview): number {
  const times = waiting.filter(({ status }) => status === "ready").map(({ queuedAt }) => queuedAt / 1000);
  return times.length === 0 ? 0 : Math.min(...times);
}

async function count(
  source: Source,
  over: AbortSignal,
  { finished, took }: { readonly finished: Counter<"outcome">; readonly took: Histogram },
): Promise<void> {
  try {
    for await (const event of source.events(undefined, over)) {
      if (event === "missed" || event.kind !== "finished" || event.build === null) continue;
      const build = await source.build(event.build);
      if (!build || build.finishedAt === null) continue;
      finished.inc({ outcome: build.status });
      if (build.startedAt !== null) took.observe((build.finishedAt - build.startedAt) / 1000);
    }
  } catch (error) {
    process.stderr.write(`web: builds aren't counted any more: ${String(error)}\n`);
  }
}
