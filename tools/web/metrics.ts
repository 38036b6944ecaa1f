import { collectDefaultMetrics, Registry, type Metric } from "prom-client";
import { chaoticMeasures } from "./chaotic-metrics.ts";
import type { Measure, Source } from "./source.ts";

/** What Prometheus asks for. */
export interface Metrics {
  readonly contentType: string;
  read(): Promise<string>;
}

/**
 * All is read when it is asked for, and what counts is counted where it happens: so a restart, or a second process that
 * serves the same, changes no figure. None is per package, so that their number doesn't grow.
 */
export function openMetrics(
  source: Source,
  { chaoticMetrics = true }: { readonly chaoticMetrics?: boolean },
): Metrics {
  const own = processMetrics();
  return {
    contentType: own.contentType,
    async read() {
      const [overview, found] = await Promise.all([source.overview(), source.measures()]);
      const measures = [...ofOverview(overview), ...found];
      const registry = new Registry();
      const labels = { repository: source.name };
      for (const measure of measures) registry.registerMetric(metricOf(measure, labels));
      if (chaoticMetrics) {
        for (const measure of chaoticMeasures(measures)) registry.registerMetric(metricOf(measure, {}));
      }
      return `${await registry.metrics()}\n${await own.metrics()}`;
    },
  };
}

/** Memory, CPU time and the like by their usual names; those of Node.js alone have names against the conventions. */
function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (!name.startsWith("process_")) registry.removeSingleMetric(name);
  }
  return registry;
}

function ofOverview(overview: Awaited<ReturnType<Source["overview"]>>): Measure[] {
  const figures: readonly (readonly [name: string, help: string, value: number])[] = [
    ["sluice_packages", "Packages of main", overview.packages],
    ["sluice_packages_published", "Packages that are published as main has them", overview.published],
    ["sluice_packages_failing", "Packages whose last build failed", overview.failing.length],
    [
      "sluice_last_published_timestamp_seconds",
      "When something was published last",
      (overview.lastPublished ?? 0) / 1000,
    ],
  ];
  return figures.map(([name, help, value]) => ({
    name,
    help,
    type: "gauge",
    values: [{ labels: {}, value }],
  }));
}

/** Only what writes the text format is prom-client's: its own counters and histograms begin at 0. */
function metricOf({ name, help, type, values }: Measure, shared: Readonly<Record<string, string>>): Metric {
  const metric = {
    name,
    async get() {
      return {
        name,
        help,
        type,
        aggregator: "sum",
        values: values.map(({ part = "", labels, value }) => ({
          metricName: `${name}${part}`,
          labels: { ...labels, ...shared },
          value,
        })),
      };
    },
  };
  return metric as unknown as Metric;
}
