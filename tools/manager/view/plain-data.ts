import type { DatabaseEntry } from "../../alpm/database.ts";
import type { FinishedBuild, PackageRecord, PendingBuild } from "../../queue/queue.ts";
import type { Snapshot } from "../../pkgrepo/snapshot.ts";
import type { Neighbours } from "./neighbours.ts";
import { whyNobody, type LiveBuilders } from "../builders/live-builders.ts";
import { describeStatus, type BuildingStatus } from "../status.ts";

/** What is known of each package's builds, by pkgbase. */
export type Durations = ReadonlyMap<string, PackageRecord>;

/** Why a package is published, or isn't, as main has it. */
export function stateOf(
  {
    pkgbase,
    isInMain,
    trigger,
    published,
    living,
  }: {
    readonly pkgbase: string;
    readonly isInMain: boolean;
    readonly trigger: string | null;
    readonly published: readonly DatabaseEntry[];
    readonly living: LiveBuilders | undefined;
  },
  { failing, pending, unscheduled }: BuildingStatus,
) {
  const waits = pending.find((one) => one.pkgbase === pkgbase);
  if (waits) {
    const nobody = waits.status.kind === "ready" && living ? whyNobody(waits, living) : undefined;
    if (nobody !== undefined) return { state: "no-builder" as const, why: whyUnclaimed(waits, nobody) };
    return { state: "pending" as const, why: whyPending(waits) };
  }
  if (!isInMain) return { state: "to-remove" as const, why: "It was taken out of the workspace." };
  const failed = failing.find((one) => one.pkgbase === pkgbase);
  if (failed) return { state: "failing" as const, why: failed.message };
  const missing = unscheduled.find((one) => one.pkgbase === pkgbase);
  if (missing) return { state: "to-build" as const, why: missing.reason };
  if (trigger !== null) {
    const why = `It is built when the trigger ${trigger} runs${published.length === 0 ? ", and was not yet" : ""}.`;
    return { state: "on-trigger" as const, why };
  }
  return { state: "published" as const, why: "" };
}

function whyPending({ status, reasons }: PendingBuild): string {
  const standing = status.kind === "ready" ? "is next" : described(status);
  return `It ${standing}. It is to be built because: ${reasons.join("; ")}.`;
}

function whyUnclaimed({ class: wanted, reasons }: PendingBuild, nobody: string): string {
  const said = `${nobody[0]!.toUpperCase()}${nobody.slice(1)}`;
  const next = wanted === null ? "" : `, or change its BUILDER_CLASS`;
  return `${said}. Start a builder that takes it${next}. It is to be built because: ${reasons.join("; ")}.`;
}

function described(status: PendingBuild["status"]): string {
  return status.kind === "held" || status.kind === "blocked"
    ? `is ${describeStatus(status)}`
    : describeStatus(status);
}

/** With whom each blocks. */
export function failingOf({ failing, pending }: BuildingStatus) {
  return failing.map((one) => ({
    ...one,
    blocks: pending.flatMap(({ pkgbase, status }) =>
      status.kind === "blocked" && status.causes.some((cause) => cause.pkgbase === one.pkgbase)
        ? [pkgbase]
        : [],
    ),
  }));
}

/** @param living which builders there are, where that is known: a build that is ready may have nobody to take it */
export function ofPending(pending: PendingBuild, durations: Durations, living?: LiveBuilders) {
  const { status, ...build } = pending;
  const nobody = status.kind === "ready" && living ? whyNobody(build, living) : undefined;
  const isActive = status.kind === "active";
  return {
    ...ofBuild(build, durations),
    status: status.kind,
    message: status.kind === "ready" ? (nobody ?? "") : isActive ? "" : describeStatus(status),
    worker: isActive ? status.worker : null,
    startedAt: isActive ? status.startedAt : null,
    finishedAt: null,
    bytes: null,
  };
}

export function ofFinished(build: FinishedBuild, durations: Durations) {
  const { outcome, message = "", worker, startedAt, finishedAt, bytes = null } = build;
  return { ...ofBuild(build, durations), status: outcome, message, worker, startedAt, finishedAt, bytes };
}

function ofBuild(
  {
    id,
    pkgbase,
    arch,
    target,
    source,
    commit,
    reasons,
    class: buildClass,
    queuedAt,
  }: Omit<PendingBuild, "status">,
  durations: Durations,
) {
  const expectedMs = durations.get(pkgbase)?.durationMs ?? null;
  return { id, pkgbase, arch, target, source, commit, reasons, class: buildClass, queuedAt, expectedMs };
}

/** Failures that block a package, with the build that failed. */
export function causesOf(pkgbase: string, { failing, pending }: BuildingStatus) {
  const waits = pending.find((one) => one.pkgbase === pkgbase);
  if (waits?.status.kind !== "blocked") return [];
  return waits.status.causes.map((cause) => ({
    ...cause,
    build: failing.find((one) => one.pkgbase === cause.pkgbase)?.build ?? null,
  }));
}

/** Neighbours with how each of them is. */
export function graphOf(
  { nodes, edges, left }: Neighbours,
  { failing, pending, unscheduled }: BuildingStatus,
  snapshots: readonly Pick<Snapshot, "madeFrom">[],
) {
  const bad = new Set(failing.map(({ pkgbase }) => pkgbase));
  const busy = new Map(pending.map(({ pkgbase, status }) => [pkgbase, status.kind]));
  const missing = new Set(unscheduled.map(({ pkgbase }) => pkgbase));
  const stateOfNode = (pkgbase: string): "good" | "bad" | "busy" | "calm" => {
    if (bad.has(pkgbase) || busy.get(pkgbase) === "blocked") return "bad";
    if (busy.has(pkgbase)) return "busy";
    return missing.has(pkgbase) || snapshots.every(({ madeFrom }) => !madeFrom.has(pkgbase))
      ? "calm"
      : "good";
  };
  return {
    nodes: nodes.map((node) => ({ ...node, state: stateOfNode(node.pkgbase) })),
    edges,
    left,
  };
}

/** What was built last of what is published. */
export function newestOf(entries: readonly DatabaseEntry[]): readonly DatabaseEntry[] {
  return entries.toSorted((a, b) => b.buildDate - a.buildDate).slice(0, 10);
}

export function ofEntry({ name, base, version, arch, filename, buildDate }: DatabaseEntry) {
  return { name, pkgbase: base, version, arch, filename, builtAt: buildDate === 0 ? null : buildDate * 1000 };
}
