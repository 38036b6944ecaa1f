import { delayAgain, retryDelay, succeeded } from "../outcome.ts";
import type { ClaimId, Result } from "../queue.ts";
import type { BuildKey } from "../submission.ts";
import { arrange, passOn, recount, type Transaction } from "./dispatch.ts";
import { type BuildRow, type BuildSpec, findActive, readBuild, readSpec } from "./rows.ts";
import { count, observe } from "./totals.ts";

/** Ends a claim with its result; a repeated call changes nothing. `gone`: it is somebody else's by now. */
export function endClaim(transaction: Transaction, claim: ClaimId, result: Result): "finished" | "gone" {
  const { id } = claim.build;
  const build = readBuild(transaction.file, id);
  if (build?.token === claim.token && build.worker === claim.worker) {
    endActive(transaction, build, result);
    return "finished";
  }
  // Where the claim was given up, as lost or as cancelled, its result comes too late.
  const before = transaction.file.get<{ token: string | null; outcome: string }>(
    "select token, outcome from finished where id = ?",
    id,
  );
  const isGivenUp =
    (before?.outcome === "lost" || before?.outcome === "cancelled") &&
    result.outcome !== "lost" &&
    result.outcome !== before.outcome;
  return before?.token === claim.token && !isGivenUp ? "finished" : "gone";
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
    endActive(transaction, build, { outcome: "lost", message: `${worker} was restarted` });
  }
}

/** Ends a claim: by a retry where the infrastructure failed, else for good. */
function endActive(transaction: Transaction, build: BuildRow, result: Result): void {
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
