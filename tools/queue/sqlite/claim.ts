import { randomUUID } from "node:crypto";
import { delayAgain, retryDelay, succeeded } from "../outcome.ts";
import type { Build, BuildKey, Claim, ReadyQuery, Result, Worker } from "../queue.ts";
import { count, observe } from "./totals.ts";
import { arrange, passOn, recount, type Transaction } from "./dispatch.ts";
import {
  type BuildRow,
  type BuildSpec,
  findActive,
  readBuild,
  readSpec,
  selectBuild,
  toBuild,
} from "./rows.ts";

/** Which ready builds a worker takes: `?1` are its classes as JSON, null for all, `?2` whether it needs one. */
const suits = `state = 'ready' and
  not exists (select 1 from package where package.id = build.package and held is not null) and
  (?1 is null or class in (select value from json_each(?1)) or (class is null and not ?2))`;

export function listReady({ file, now }: Transaction, query: ReadyQuery): Build[] {
  wakeDelayed(file, now);
  const lines = lanesInTurn(file, query.archs).map(({ id, active }) => ({
    active,
    left: file.all<BuildRow>(
      `${selectBuild} where lane = ?3 and ${suits} order by priority desc, build.id limit ?4`,
      ...classParameters(query),
      id,
      query.limit,
    ),
  }));
  const builds: Build[] = [];
  while (builds.length < query.limit) {
    const next = lines
      .filter(({ left }) => left.length > 0)
      .reduce<(typeof lines)[number] | undefined>(
        (best, line) => (best && best.active <= line.active ? best : line),
        undefined,
      );
    if (!next) break;
    builds.push(toBuild(next.left.shift()!));
    next.active++;
  }
  return builds;
}

interface Lane {
  readonly id: number;
  active: number;
}

/** The line that is next comes first. */
function lanesInTurn(file: Transaction["file"], archs: Worker["archs"]): Lane[] {
  const lanes = file.all<Lane>(
    `select id, 0 as active from lane where ?1 is null or arch in (select value from json_each(?1))`,
    archs === undefined ? null : JSON.stringify(archs),
  );
  if (lanes.length < 2) return lanes;
  const wanted = new Set(lanes.map(({ id }) => id));
  return file
    .all<Lane>(
      `select lane.id, count(build.id) as active from lane
       left join build on build.lane = lane.id and state = 'active'
       group by lane.id order by active, served, lane.id`,
    )
    .filter(({ id }) => wanted.has(id));
}

function classParameters({
  classes,
  classOnly,
}: Pick<Worker, "classes" | "classOnly">): [string | null, number] {
  return [classes === "all" ? null : JSON.stringify(classes), classOnly ? 1 : 0];
}

function wakeDelayed(file: Transaction["file"], now: number): void {
  file.run("update build set state = 'ready' where state = 'delayed' and not_before <= ?", now);
}

export function claimReady({ file, now, emit }: Transaction, worker: Worker): Claim | undefined {
  wakeDelayed(file, now);
  if (file.get("select 1 from drained where worker = ?", worker.worker)) return undefined;
  const id = nextFor(file, worker);
  if (id === undefined) return undefined;
  const token = randomUUID();
  file.run(
    `update build set state = 'active', token = ?, worker = ?, lease_ms = ?, lease_until = ?, started_at = ?
     where id = ?`,
    token,
    worker.worker,
    worker.leaseMs,
    now + worker.leaseMs,
    now,
    id,
  );
  file.run(
    `update lane set served = (select max(served) + 1 from lane)
     where id = (select lane from build where id = ?) and (select count(*) from lane) > 1`,
    id,
  );
  const row = readBuild(file, id)!;
  observe(file, "wait_seconds", now - Math.max(row.queued_at, row.not_before));
  emit(row.package, { kind: "claimed", build: row.id, worker: worker.worker });
  return { build: toBuild(row), token, worker: worker.worker, leaseMs: worker.leaseMs };
}

function nextFor(file: Transaction["file"], worker: Worker): number | undefined {
  const { archs, builds } = worker;
  for (const { id } of lanesInTurn(file, archs)) {
    const found = file.get<{ id: number }>(
      builds === undefined
        ? `select id from build where lane = ?3 and ${suits} order by priority desc, id limit 1`
        : `select id from build where id in (select value from json_each(?4)) and lane = ?3 and ${suits}
           order by priority desc, id limit 1`,
      ...classParameters(worker),
      id,
      ...(builds === undefined ? [] : [JSON.stringify(builds)]),
    );
    if (found) return found.id;
  }
  return undefined;
}

export function endDeadClaims(transaction: Transaction): void {
  const { file, now } = transaction;
  const dead = file.all<{ id: number }>(
    "select id from build where state = 'active' and lease_until < ?",
    now,
  );
  for (const { id } of dead) {
    const build = readBuild(file, id)!;
    const message = `${build.worker} was not heard from for ${(build.lease_ms ?? 0) / 1000} s`;
    endActive(transaction, build, { outcome: "lost", message });
  }
}

export function endClaimsOf(transaction: Transaction, worker: string): void {
  const sql = "select id from build where state = 'active' and worker = ?";
  for (const { id } of transaction.file.all<{ id: number }>(sql, worker)) {
    const build = readBuild(transaction.file, id)!;
    endActive(transaction, build, { outcome: "lost", message: `${worker} was started anew` });
  }
}

/** Ends a claim: by a retry where the infrastructure failed, else for good. */
export function endActive(transaction: Transaction, build: BuildRow, result: Result): void {
  if (result.outcome !== "lost" && result.retry === undefined) return end(transaction, build, result);
  if (build.cancel_message !== null) {
    return end(transaction, build, { outcome: "cancelled", message: build.cancel_message });
  }
  const { losses, delay, spec } = nextTry(build, result);
  // A build that is queued already is the retry.
  if (delay === undefined || queuedBuild(transaction, build.package)) return end(transaction, build, result);

  const { file, now, emit } = transaction;
  const until = now + delay;
  count(file, "retries", {});
  file.run(
    `update build set state = 'waiting', losses = ?, spec = ?, class = ?, not_before = ?, token = null, worker = null, lease_ms = null,
       lease_until = null, started_at = null where id = ?`,
    losses,
    JSON.stringify(spec),
    spec.class,
    until,
    build.id,
  );
  emit(build.package, {
    kind: "retry",
    build: build.id,
    losses,
    until,
    ...(result.message !== undefined && { message: result.message }),
  });
  arrange(transaction, new Set([build.package]));
}

function nextTry(
  { losses, spec }: BuildRow,
  { retry }: Result,
): { readonly losses: number; readonly delay: number | undefined; readonly spec: BuildSpec } {
  const before = readSpec(spec);
  if (retry === undefined) return { losses: losses + 1, delay: retryDelay(losses + 1), spec: before };
  const kind = retry === "download" ? "download" : "memory";
  const times = before.retried?.[kind] ?? 0;
  const retried = { ...before.retried, [kind]: times + 1 };
  const buildClass = retry === "download" ? before.class : retry.class;
  return { losses, delay: delayAgain(retry, times), spec: { ...before, class: buildClass, retried } };
}

/** Ends a queued or active build for good: remembers the outcome and tells those that need it. */
export function end(
  transaction: Transaction,
  build: BuildRow,
  { outcome, message, bytes, publishMs }: Result,
): void {
  const { file, now, emit } = transaction;
  file.run(
    `insert into finished (id, package, spec, losses, queued_at, outcome, message, token, worker, started_at, finished_at, bytes)
     select id, package, spec, losses, queued_at, ?, ?, token, worker, started_at, ?, ? from build where id = ?`,
    outcome,
    message ?? null,
    now,
    bytes ?? null,
    build.id,
  );
  const spec = readSpec(build.spec);
  count(file, "builds", { target: build.target, arch: build.arch, class: spec.class ?? "", outcome });
  if (build.started_at !== null) observe(file, "build_seconds", now - build.started_at);
  if (publishMs !== undefined) observe(file, "publish_seconds", publishMs);
  file.run("delete from build where id = ?", build.id);
  file.run("delete from need where build = ?", build.id);
  file.run(
    `update package set outcome = ?2, finished_at = ?3, duration_ms = coalesce(?4, duration_ms),
       blocking = ?5 and not exists (select 1 from removal where package = ?1)
     where id = ?1`,
    build.package,
    outcome,
    now,
    outcome === "built" && build.started_at !== null ? now - build.started_at : null,
    succeeded(outcome) ? 0 : 1,
  );
  emit(build.package, {
    kind: "finished",
    build: build.id,
    outcome,
    ...(message !== undefined && { message }),
  });
  const next = build.state === "active" ? queuedBuild(transaction, build.package) : undefined;
  if (next) recount(transaction, next.id);
  else passOn(transaction, [build.package]);
}

/** Asks the worker of an active build to stop. False: there is none. */
export function askToStop({ file, emit }: Transaction, key: BuildKey, message: string): boolean {
  const active = findActive(file, key);
  if (!active) return false;
  file.run("update build set cancel_message = ? where id = ?", message, active.id);
  emit(active.package, { kind: "cancelling", build: active.id, message });
  return true;
}

function queuedBuild({ file }: Transaction, packageId: number): { id: number } | undefined {
  return file.get("select id from build where package = ? and (state = 'active') = 0", packageId);
}
