import type { DatabaseEntry } from "../../alpm/database.ts";
import type { FinishedBuild, PackageRecord, PendingBuild } from "../../queue/queue.ts";
import { whyNobody, type Living } from "../builders/living.ts";
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
  }: {
    readonly pkgbase: string;
    readonly isInMain: boolean;
    readonly trigger: string | null;
    readonly published: readonly DatabaseEntry[];
  },
  { failing, pending, unscheduled }: BuildingStatus,
) {
  const waits = pending.find((one) => one.pkgbase === pkgbase);
  if (waits) {
    const why = `It ${waits.status.kind === "ready" ? "is next" : describeStatus(waits.status)}: ${waits.reasons.join("; ")}.`;
    return { state: "pending" as const, why };
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

export function ofPending(pending: PendingBuild, durations: Durations, living?: Living) {
  const { status, ...build } = pending;
  const nobody = status.kind === "ready" && living ? whyNobody(build, living) : undefined;
  const isActive = status.kind === "active";
  return {
    ...ofBuild(build, durations),
    status: status.kind,
    message:
      status.kind === "waiting" || status.kind === "blocked" || status.kind === "delayed"
        ? describeStatus(status)
        : (nobody ?? ""),
    worker: isActive ? status.worker : null,
    startedAt: isActive ? status.startedAt : null,
    finishedAt: null,
  };
}

export function ofFinished(build: FinishedBuild, durations: Durations) {
  const { outcome, message = "", worker, startedAt, finishedAt } = build;
  return { ...ofBuild(build, durations), status: outcome, message, worker, startedAt, finishedAt };
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

export function ofEntry({ name, base, version, arch, filename, buildDate }: DatabaseEntry) {
  return { name, pkgbase: base, version, arch, filename, builtAt: buildDate === 0 ? null : buildDate * 1000 };
}
