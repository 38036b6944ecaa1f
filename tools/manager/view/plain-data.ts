import { notStarted } from "../../queue/outcome.ts";
import type { FinishedBuild, PackageRecord, PendingBuild } from "../../queue/queue.ts";
import { whyNobody, type Takers } from "../builders/live-builders.ts";
import { describeStatus, type BuildingStatus } from "../status.ts";
import type { Neighbours } from "./neighbours.ts";
import type { PublishedPart } from "./published-entries.ts";

/** What is known of each package's builds, by pkgbase. */
export type Durations = ReadonlyMap<string, PackageRecord>;

/**
 * Why a build that is ready stays where it is; undefined where somebody takes it. Where no manager says that it is
 * there and nothing is being built, nothing takes builds at all.
 */
export function whyUntaken(
  build: { readonly class: string | null; readonly arch: string },
  takers: Takers,
  someBuild: boolean,
): string | undefined {
  if (takers.living || someBuild) return whyNobody(build, takers);
  return "nothing takes builds now: no `sluice up` is running on this state folder";
}

/** With whom each blocks. */
export function failingOf({ failing, pending }: BuildingStatus) {
  return failing.map((one) => ({
    ...one,
    notStarted: isNotStarted(one),
    message: saidOf(one.message),
    blocks: pending.flatMap(({ pkgbase, status }) =>
      status.kind === "blocked" && status.causes.some((cause) => cause.pkgbase === one.pkgbase)
        ? [pkgbase]
        : [],
    ),
  }));
}

/** @param whyReady why a build that is ready isn't taken by anybody, where that is so */
export function ofPending(
  pending: PendingBuild,
  durations: Durations,
  whyReady: (build: PendingBuild) => string | undefined = () => undefined,
) {
  const { status, ...build } = pending;
  const isActive = status.kind === "active";
  return {
    ...ofBuild(build, durations),
    status: status.kind,
    message: status.kind === "ready" ? (whyReady(pending) ?? "") : isActive ? "" : describeStatus(status),
    worker: isActive ? status.worker : null,
    startedAt: isActive ? status.startedAt : null,
    finishedAt: null,
    bytes: null,
  };
}

/** What began and ended without building anything took no time that says something. */
export function ofFinished(build: FinishedBuild, durations: Durations) {
  const { outcome, worker, finishedAt, bytes = null } = build;
  const message = saidOf(build.message ?? "");
  const startedAt = outcome === "already-built" || isNotStarted(build) ? null : build.startedAt;
  return { ...ofBuild(build, durations), status: outcome, message, worker, startedAt, finishedAt, bytes };
}

/** Whether a failure was one before anything was built. */
export function isNotStarted({ message }: { readonly message?: string }): boolean {
  return message?.startsWith(notStarted) ?? false;
}

/** A message without what `isNotStarted` says already. */
export function saidOf(message: string): string {
  return message.startsWith(notStarted) ? message.slice(notStarted.length) : message;
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
  { failing, pending, outdated }: BuildingStatus,
  snapshots: readonly Pick<PublishedPart, "madeFrom">[],
) {
  const bad = new Set(failing.map(({ pkgbase }) => pkgbase));
  const busy = new Map(pending.map(({ pkgbase, status }) => [pkgbase, status.kind]));
  const missing = new Set(outdated.map(({ pkgbase }) => pkgbase));
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
