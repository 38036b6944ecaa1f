import { statfs } from "node:fs/promises";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { durationBuckets, type ObservedQueue, type Total } from "../../queue/event-readers.ts";
import { outcomes } from "../../queue/outcome.ts";
import type { PendingBuild } from "../../queue/queue.ts";
import { readState } from "../../workspace/state/state.ts";
import { readLiveBuilders, whyNobody, type LiveBuilders, type Takers } from "../builders/live-builders.ts";
import { repositorySize, type PublishedRepository } from "./repository-size.ts";

/** One figure about a manager, as Prometheus has it; histograms are cumulated. */
export interface Measure {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly values: readonly MeasuredValue[];
}

interface MeasuredValue {
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly part?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Ports {
  readonly queue: ObservedQueue;
  readonly git: Git;
  /** The state folder. */
  readonly state: string;
  /** The repository, once for each architecture. */
  readonly repositories: readonly PublishedRepository[];
}

/** What is measured besides packages: the queue, builders, upstreams, messages, Redis, the disk. None is per package. */
export async function readMeasures({ queue, git, state, repositories }: Ports): Promise<Measure[]> {
  const [{ builds }, totals, readers, drained, living, updates, sizes, disk] = await Promise.all([
    queue.state(),
    queue.totals(),
    queue.readers(),
    queue.drained(),
    readLiveBuilders(state, Date.now()),
    readUpdates(git),
    Promise.all(repositories.map(repositorySize)),
    statfs(state),
  ]);
  const here = readers.filter(({ leaseUntil }) => Date.now() - leaseUntil < oneDay);
  return [
    ...ofQueue(builds, { living, drained }),
    ...ofBuilders(builds, living),
    ...ofTotals(totals),
    gauge(
      "sluice_notifications_waiting_since_timestamp_seconds",
      "Since when the oldest event waits that a target wasn't told of; 0: none does",
      here.map(({ reader, behindSince }) => [{ target: reader }, (behindSince ?? 0) / 1000]),
    ),
    gauge(
      "sluice_updates_waiting",
      "Updates that the gate holds, that wait, or that were refused",
      updates.counts,
    ),
    gauge(
      "sluice_upstreams_asked_timestamp_seconds",
      "When a run of the pipelines remembered what it saw last",
      [[{}, updates.at]],
    ),
    ...(living ? ofRedis(living) : []),
    gauge(
      "sluice_repository_size_bytes",
      "How large the packages are together that are published now",
      sizes.map((size, at) => [{ arch: repositories[at]!.arch }, size]),
    ),
    gauge("sluice_disk_free_bytes", "What is free where the state folder lies", [
      [{}, disk.bavail * disk.bsize],
    ]),
    gauge("sluice_disk_size_bytes", "How large the disk is where the state folder lies", [
      [{}, disk.blocks * disk.bsize],
    ]),
  ];
}

const oneDay = 24 * 3600_000;

type LabelledValue = readonly [labels: MeasuredValue["labels"], value: number];

function gauge(name: string, help: string, values: readonly LabelledValue[]): Measure {
  return { name, help, type: "gauge", values: values.map(([labels, value]) => ({ labels, value })) };
}

function ofQueue(builds: readonly PendingBuild[], takers: Takers): Measure[] {
  const statuses = new Map(["ready", "waiting", "delayed", "blocked", "active"].map((status) => [status, 0]));
  for (const { status } of builds) statuses.set(status.kind, (statuses.get(status.kind) ?? 0) + 1);
  const ready = builds.filter(({ status }) => status.kind === "ready");
  const oldest = ready.length === 0 ? 0 : Math.min(...ready.map(({ queuedAt }) => queuedAt));
  const unclaimed = ready.filter((build) => whyNobody(build, takers) !== undefined).length;
  return [
    gauge(
      "sluice_builds_pending",
      "Builds that are queued or active",
      [...statuses].map(([status, count]) => [{ status }, count]),
    ),
    gauge(
      "sluice_oldest_ready_build_timestamp_seconds",
      "Since when the build waits that is ready and waits longest; 0: none does",
      [[{}, oldest / 1000]],
    ),
    gauge("sluice_builds_without_builder", "Builds that are ready, and that no builder takes", [
      [{}, unclaimed],
    ]),
  ];
}

function ofBuilders(builds: readonly PendingBuild[], living: LiveBuilders | undefined): Measure[] {
  const working = new Set(builds.flatMap(({ status }) => (status.kind === "active" ? [status.worker] : [])));
  const idle = (living?.builders ?? []).filter(({ name }) => !working.has(name));
  return [
    gauge("sluice_builders", "Builders that are there, by whether they build", [
      [{ state: "active" }, working.size],
      [{ state: "idle" }, idle.length],
    ]),
  ];
}

function ofRedis({ redis }: LiveBuilders): Measure[] {
  if (redis === undefined) return [];
  const used = redis?.usedBytes ?? null;
  return [
    gauge("sluice_redis_up", "Whether Redis answers", [[{}, redis === null ? 0 : 1]]),
    ...(used === null
      ? []
      : [gauge("sluice_redis_memory_bytes", "How much memory Redis uses", [[{}, used]])]),
  ];
}

const counters = {
  builds: ["sluice_builds_finished_total", "Builds that ended, by outcome and class"],
  retries: ["sluice_build_retries_total", "Builds that are tried again, since the infrastructure failed"],
  removals: ["sluice_removals_total", "Packages to be taken out of the repository, by what became of it"],
  notifications: ["sluice_notifications_total", "Messages and commit statuses, by target"],
  upstream_polls: [
    "sluice_upstream_polls_total",
    "Upstreams that were asked by `sluice up --pipelines`, by what they said",
  ],
  gate_verdicts: [
    "sluice_gate_verdicts_total",
    "Updates that the gate judged in `sluice up --pipelines`, by verdict and what became of them",
  ],
} as const;

const histograms = {
  build_seconds: ["sluice_build_duration_seconds", "How long builds took"],
  publish_seconds: ["sluice_publish_duration_seconds", "How long publishing a build's packages took"],
  wait_seconds: ["sluice_build_wait_seconds", "How long builds waited before they began"],
} as const;

/** Counts that survive restarts. */
function ofTotals(totals: readonly Total[]): Measure[] {
  const of = (name: string): readonly Total[] => totals.filter((total) => total.name === name);
  return [
    ...Object.entries(counters).map(([key, [name, help]]): Measure => ({
      name,
      help,
      type: "counter",
      values: withZeros(key as keyof typeof counters, of(key)),
    })),
    ...Object.entries(histograms).map(([key, [name, help]]): Measure => {
      const buckets = cumulated(of(`${key}_bucket`));
      const sum = of(`${key}_sum`)[0]?.value ?? 0;
      return {
        name,
        help,
        type: "histogram",
        values: [
          ...buckets,
          { part: "_sum", labels: {}, value: sum },
          { part: "_count", labels: {}, value: buckets.at(-1)!.value },
        ],
      };
    }),
  ];
}

function cumulated(buckets: readonly Total[]): MeasuredValue[] {
  let sum = 0;
  return [...durationBuckets.map(String), "+Inf"].map((le) => {
    sum += buckets.find(({ labels }) => labels["le"] === le)?.value ?? 0;
    return { part: "_bucket", labels: { le }, value: sum };
  });
}

/** A count that begins at 0 shows its first step as one. */
function withZeros(key: keyof typeof counters, values: readonly Total[]): readonly MeasuredValue[] {
  const known = new Set(values.map(({ labels }) => JSON.stringify(labels)));
  const kinds =
    key === "builds"
      ? values.flatMap(({ labels }) => outcomes.map((outcome) => ({ ...labels, outcome })))
      : zeros[key];
  const missing = new Map(kinds.map((labels) => [JSON.stringify(labels), labels]));
  for (const text of known) missing.delete(text);
  return [...values, ...[...missing.values()].map((labels) => ({ labels, value: 0 }))];
}

const zeros: Readonly<Record<Exclude<keyof typeof counters, "builds">, MeasuredValue["labels"][]>> = {
  retries: [{}],
  removals: [{ result: "done" }, { result: "failed" }],
  notifications: [],
  upstream_polls: ["unchanged", "new", "failed"].map((result) => ({ result })),
  gate_verdicts: [],
};

/** What the branch `state` remembers, wherever the pipelines run. */
async function readUpdates(git: Git): Promise<{ readonly counts: LabelledValue[]; readonly at: number }> {
  const commit =
    (await resolveCommit(git, "refs/remotes/origin/state")) ?? (await resolveCommit(git, "refs/heads/state"));
  const known = lastRead.get(git);
  if (known && known.commit === commit) return known;
  const { state } = await readState(git, commit);
  const packages = [...state.packages.values()];
  const count = (of: "held" | "found" | "refused"): number =>
    packages.filter((pkg) => pkg[of] !== undefined).length;
  const at = commit === undefined ? 0 : Number(await git.text(["show", "-s", "--format=%ct", commit]));
  const counts: LabelledValue[] = [
    [{ state: "held" }, count("held")],
    [{ state: "cooling-down" }, count("found")],
    [{ state: "refused" }, count("refused")],
  ];
  lastRead.set(git, { commit, counts, at });
  return { counts, at };
}

const lastRead = new WeakMap<Git, { commit: string | undefined; counts: LabelledValue[]; at: number }>();
