import type { Measure } from "./source.ts";

type Values = Measure["values"];

/**
 * The metrics of chaotic-manager by their names there, for its boards. What it has for each package is summed up:
 * `pkgname` and `replaced` are left out.
 */
export function chaoticMeasures(measures: readonly Measure[]): Measure[] {
  const of = (name: string): Values => measures.find((measure) => measure.name === name)?.values ?? [];
  const ended = of("sluice_builds_finished_total");
  const removals = of("sluice_removals_total");
  const removed = (result: string): number =>
    removals.filter(({ labels }) => labels["result"] === result).reduce((sum, { value }) => sum + value, 0);
  const builders = (state: string): Values => [
    {
      labels: reporter,
      value: of("sluice_builders").find(({ labels }) => labels["state"] === state)?.value ?? 0,
    },
  ];
  const queued = of("sluice_builds_pending")
    .filter(({ labels }) => labels["status"] !== "active")
    .reduce((sum, { value }) => sum + value, 0);
  return [
    ...Object.entries(counts).map(([name, outcomes]) =>
      counter(
        `moleculer_builds_${name}`,
        ended.filter(({ labels }) => outcomes.includes(labels["outcome"]!)).map(asBuild),
      ),
    ),
    counter("moleculer_database_total", [
      ...published(ended),
      { labels: reporter, value: removed("done") + removed("failed") },
    ]),
    counter("moleculer_database_success", [
      ...published(ended),
      { labels: reporter, value: removed("done") },
    ]),
    counter("moleculer_database_failed", [{ labels: reporter, value: removed("failed") }]),
    {
      name: "moleculer_builds_time_elapsed",
      help: "chaotic-manager's name of sluice_build_duration_seconds",
      type: "histogram",
      values: of("sluice_build_duration_seconds").map((value) => ({
        ...value,
        labels: { ...value.labels, ...reporter },
      })),
    },
    { ...gaugeNamed("moleculer_builders_active"), values: builders("active") },
    { ...gaugeNamed("moleculer_builders_idle"), values: builders("idle") },
    { ...gaugeNamed("moleculer_queue_current"), values: [{ labels: reporter, value: queued }] },
  ];
}

/** The labels that its reporter adds. */
const reporter = { namespace: "", nodeID: "sluice" } as const;

const all = ["built", "already-built", "skipped", "failed", "timed-out", "cancelled", "lost"];
const counts: Readonly<Record<string, readonly string[]>> = {
  total: all,
  success: ["built"],
  failed_build: ["failed"],
  failed_software: ["lost"],
  failed_timeout: ["timed-out"],
  alreadyBuilt: ["already-built"],
  cancelled: ["cancelled"],
  skipped: ["skipped"],
};

/** Its status codes. */
const status: Readonly<Record<string, string>> = {
  built: "0",
  "already-built": "1",
  skipped: "2",
  failed: "3",
  "timed-out": "4",
  cancelled: "5",
  lost: "7",
};

function asBuild({ labels, value }: Values[number]): Values[number] {
  const { target = "", arch = "", class: buildClass, outcome = "" } = labels;
  return {
    labels: {
      target_repo: target,
      arch,
      // What packages without a class have there.
      build_class: buildClass || "1",
      status: status[outcome] ?? "",
      ...reporter,
    },
    value,
  };
}

/** Of each repository and architecture. */
function published(ended: Values): Values {
  return ended
    .filter(({ labels }) => labels["outcome"] === "built")
    .map(({ labels: { target = "", arch = "" }, value }) => ({
      labels: { target_repo: target, arch, ...reporter },
      value,
    }));
}

/** Of the same labels one value: there is one label less than there was. */
function summed(values: Values): Values {
  const sums = new Map<string, Values[number]>();
  for (const { labels, value } of values) {
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value });
  }
  return [...sums.values()];
}

function counter(name: string, values: Values): Measure {
  return {
    name,
    help: "chaotic-manager's count, without a label for each package",
    type: "counter",
    values: summed(values),
  };
}

function gaugeNamed(name: string): Pick<Measure, "name" | "help" | "type"> {
  return { name, help: "chaotic-manager's name", type: "gauge" };
}
