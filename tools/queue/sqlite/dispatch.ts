import { buildOrder, type OrderedBuild } from "../build-order.ts";
import type { BlockCause, Outcome } from "../outcome.ts";
import type { QueueEventDetail } from "../events.ts";
import type { SqliteFile } from "./sqlite-file.ts";

/** A write transaction of the queue. `emit` takes the id of the package that the event is about. */
export interface Transaction {
  readonly file: SqliteFile;
  readonly now: number;
  emit(packageId: number, detail: QueueEventDetail): void;
}

interface Counters {
  readonly waits: number;
  readonly blocks: number;
  readonly not_before: number;
}

type State = "blocked" | "waiting" | "delayed" | "ready";

/** How long a package is assumed to build that never did. */
const defaultDurationMs = 5 * 60_000;

export function stateOf({ waits, blocks, not_before }: Counters, now: number): State {
  if (blocks > 0) return "blocked";
  if (waits > 0) return "waiting";
  return not_before > now ? "delayed" : "ready";
}

interface Change {
  readonly package: number;
  readonly cause?: BlockCause;
}

/**
 * Finds out what these packages now mean for those that need them, and passes changes on: dependents start
 * or stop waiting, become blocked or released, and then mean something else themselves. Costs as much as
 * changes, however large the queue is.
 */
export function passOn({ file, now, emit }: Transaction, packages: Iterable<number>): void {
  const changes: Change[] = [...packages].map((id) => ({ package: id }));
  for (const change of changes) {
    const before = readPackage(file, change.package);
    const standing = standingOf(before);
    if (standing === before.standing) continue;
    file.run("update package set standing = ? where id = ?", standing, change.package);

    const moreWaits = Number(standing === "pending") - Number(before.standing === "pending");
    const moreBlocks = Number(standing === "failing") - Number(before.standing === "failing");
    const cause = standing === "failing" ? (change.cause ?? causeOf(file, change.package)) : undefined;
    for (const dependent of file.all<Dependent>(selectDependents, change.package)) {
      const counters = {
        waits: dependent.waits + moreWaits,
        blocks: dependent.blocks + (dependent.released ? 0 : moreBlocks),
        not_before: dependent.not_before,
      };
      const state = dependent.state === "active" ? "active" : stateOf(counters, now);
      file.run(
        "update build set waits = ?, blocks = ?, state = ? where id = ?",
        counters.waits,
        counters.blocks,
        state,
        dependent.id,
      );
      if ((state === "blocked") === (dependent.state === "blocked")) continue;
      const by = before.pkgbase;
      emit(
        dependent.package,
        cause && state === "blocked"
          ? { kind: "blocked", build: dependent.id, by, cause }
          : { kind: "released", build: dependent.id, by },
      );
      changes.push({ package: dependent.package, ...(cause && { cause }) });
    }
  }
}

interface Dependent extends Counters {
  readonly id: number;
  readonly package: number;
  readonly state: State | "active";
  readonly released: number;
}

const selectDependents = `
  select build.id, build.package, state, waits, blocks, not_before, released
  from need join build on build.id = need.build where need.package = ?`;

interface PackageRow {
  readonly pkgbase: string;
  readonly standing: "fine" | "pending" | "failing";
  readonly blocking: number;
  readonly outcome: Outcome | null;
  /** The states of its queued and its active build. */
  readonly queued: State | null;
  readonly active: "active" | null;
}

function readPackage(file: SqliteFile, id: number): PackageRow {
  return file.get<PackageRow>(
    `select pkgbase, standing, blocking, outcome,
       (select state from build where package = ?1 and (state = 'active') = 0) as queued,
       (select state from build where package = ?1 and (state = 'active') = 1) as active
     from package where id = ?1`,
    id,
  )!;
}

function standingOf({ queued, active, blocking }: PackageRow): PackageRow["standing"] {
  if (active) return "pending";
  if (queued) return queued === "blocked" ? "failing" : "pending";
  return blocking ? "failing" : "fine";
}

/** The failed package at the end of a chain of blocked ones; such chains have no cycles. */
function causeOf(file: SqliteFile, packageId: number): BlockCause {
  for (let id = packageId; ;) {
    const blocker = file.get<{ package: number }>(
      `select need.package from build
         join need on need.build = build.id and not released
         join package on package.id = need.package and standing = 'failing'
       where build.package = ? and state = 'blocked' order by pkgbase limit 1`,
      id,
    );
    if (!blocker) {
      const { pkgbase, outcome } = readPackage(file, id);
      return { pkgbase, outcome: outcome ?? "failed" };
    }
    id = blocker.package;
  }
}

/** Recounts what a queued build waits for and is blocked by, and passes on what follows. */
export function recount(transaction: Transaction, build: number): void {
  const { file, now, emit } = transaction;
  const row = file.get<Counters & { package: number; state: State }>(
    `update build set
       waits = (select count(*) from need join package on package.id = need.package
                where need.build = build.id and standing = 'pending')
             + exists (select 1 from build as own where own.package = build.package and own.state = 'active'),
       blocks = (select count(*) from need join package on package.id = need.package
                 where need.build = build.id and standing = 'failing' and not released)
     where id = ? returning package, state, waits, blocks, not_before`,
    build,
  )!;
  const state = stateOf(row, now);
  file.run("update build set state = ? where id = ?", state, build);
  if (state === "blocked" && row.state !== "blocked") {
    const by = file.get<{ id: number; pkgbase: string }>(
      `select package.id, pkgbase from need join package on package.id = need.package
       where need.build = ? and standing = 'failing' and not released order by pkgbase limit 1`,
      build,
    )!;
    emit(row.package, { kind: "blocked", build, by: by.pkgbase, cause: causeOf(file, by.id) });
  }
  passOn(transaction, [row.package]);
}

/**
 * Puts the queued builds of these packages in order with all that they need: breaks cycles, renews the
 * critical path, and recounts, needs first, what these and those that lost a need wait for.
 */
export function arrange(transaction: Transaction, packages: ReadonlySet<number>): void {
  const { file, emit } = transaction;
  const builds = queuedNeeds(file, packages);
  const { order, dropped } = buildOrder(builds);
  for (const { build, need, cycle } of dropped) {
    file.run("delete from need where build = ? and package = ?", builds.get(build)!.id, need);
    emit(build, {
      kind: "cycle-broken",
      build: builds.get(build)!.id,
      need: builds.get(need)!.pkgbase,
      cycle: cycle.map((member) => builds.get(member)!.pkgbase),
    });
  }
  for (const packageId of order.toReversed()) file.run(updatePriority, packageId);
  const stale = new Set([...packages, ...dropped.map(({ build }) => build)]);
  for (const packageId of order) if (stale.has(packageId)) recount(transaction, builds.get(packageId)!.id);
}

const updatePriority = `
  update build set priority =
    coalesce((select duration_ms from package where id = ?1), ${defaultDurationMs}) +
    coalesce((select max(priority) from need join build as dependent on dependent.id = need.build
              where need.package = ?1 and dependent.state <> 'active'), 0)
  where package = ?1 and (state = 'active') = 0`;

/** These packages' queued builds and those that they need, transitively. */
function queuedNeeds(
  file: SqliteFile,
  packages: Iterable<number>,
): Map<number, OrderedBuild & { readonly id: number }> {
  const builds = new Map<number, OrderedBuild & { readonly id: number }>();
  const open = [...packages];
  for (const packageId of open) {
    if (builds.has(packageId)) continue;
    const build = file.get<{ id: number; submission: number; pkgbase: string }>(
      `select build.id, submission, pkgbase from build join package on package.id = build.package
       where build.package = ? and (state = 'active') = 0`,
      packageId,
    );
    if (!build) continue;
    const needs = file
      .all<{ package: number }>("select package from need where build = ?", build.id)
      .map((need) => need.package);
    builds.set(packageId, { ...build, needs });
    open.push(...needs);
  }
  return builds;
}
