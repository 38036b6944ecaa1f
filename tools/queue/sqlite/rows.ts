import type { PipelineBuild } from "../event-readers.ts";
import type { Outcome } from "../outcome.ts";
import type { Build, FinishedBuild, HeldPackage, HistoryQuery, PackageRecord, Removal } from "../queue.ts";
import type { QueueEvent, QueueEventDetail } from "../events.ts";
import type { BuildKey } from "../submission.ts";
import type { SqliteFile } from "./sqlite-file.ts";

/** What a build is, kept as JSON in its row. */
export type BuildSpec = Omit<Build, keyof BuildKey | "id" | "losses" | "queuedAt">;

export interface BuildRow extends SpecRow {
  readonly package: number;
  readonly state: "ready" | "waiting" | "delayed" | "blocked" | "active";
  readonly not_before: number;
  readonly token: string | null;
  readonly worker: string | null;
  readonly lease_ms: number | null;
  readonly lease_until: number | null;
  readonly started_at: number | null;
  readonly cancel_message: string | null;
  readonly held: string | null;
}

interface SpecRow extends BuildKey {
  readonly id: number;
  readonly spec: string;
  readonly losses: number;
  readonly queued_at: number;
}

export const selectBuild =
  "select build.*, target, arch, pkgbase, held from build join package on package.id = build.package";

export function readSpec(spec: string): BuildSpec {
  return JSON.parse(spec) as BuildSpec;
}

export function toBuild({ id, target, arch, pkgbase, spec, losses, queued_at }: SpecRow): Build {
  return { id, target, arch, pkgbase, ...readSpec(spec), losses, queuedAt: queued_at };
}

export function readBuild(file: SqliteFile, id: number): BuildRow | undefined {
  return file.get(`${selectBuild} where build.id = ?`, id);
}

export function findQueued(file: SqliteFile, { target, arch, pkgbase }: BuildKey): BuildRow | undefined {
  const where = "where target = ? and arch = ? and pkgbase = ? and (state = 'active') = 0";
  return file.get(`${selectBuild} ${where}`, target, arch, pkgbase);
}

export function findActive(file: SqliteFile, { target, arch, pkgbase }: BuildKey): BuildRow | undefined {
  const where = "where target = ? and arch = ? and pkgbase = ? and (state = 'active') = 1";
  return file.get(`${selectBuild} ${where}`, target, arch, pkgbase);
}

export function listRemovals(file: SqliteFile, which: "all" | "ready"): Removal[] {
  const ready = `not exists (select 1 from build where build.package = removal.package and state = 'active')`;
  return file
    .all<BuildKey & { id: number; spec: string }>(
      `select removal.id, spec, target, arch, pkgbase from removal
       join package on package.id = removal.package ${which === "ready" ? `where ${ready}` : ""}
       order by removal.id`,
    )
    .map(({ spec, ...removal }) => ({ ...removal, ...(JSON.parse(spec) as RemovalSpec) }));
}

export function listHeld(file: SqliteFile): HeldPackage[] {
  return file.all(
    "select target, arch, pkgbase, held as why from package where held is not null order by pkgbase",
  );
}

export type RemovalSpec = Omit<Removal, keyof BuildKey | "id">;

interface FinishedRow extends SpecRow {
  readonly outcome: Outcome;
  readonly message: string | null;
  readonly worker: string | null;
  readonly started_at: number | null;
  readonly finished_at: number;
  readonly bytes: number | null;
}

export function listFinished(file: SqliteFile, { key, build, limit }: HistoryQuery): FinishedBuild[] {
  const conditions = [
    ...(key ? ["target = ? and arch = ? and pkgbase = ?"] : []),
    ...(build === undefined ? [] : ["finished.id = ?"]),
  ];
  const found = file.all<FinishedRow>(
    `select finished.*, target, arch, pkgbase
     from finished join package on package.id = finished.package
     ${conditions.length > 0 ? `where ${conditions.join(" and ")}` : ""}
     order by finished.finished_at desc, finished.id desc limit ?`,
    ...(key ? [key.target, key.arch, key.pkgbase] : []),
    ...(build === undefined ? [] : [build]),
    limit,
  );
  return found.map((row) => ({
    ...toBuild(row),
    outcome: row.outcome,
    ...(row.message !== null && { message: row.message }),
    ...(row.bytes !== null && { bytes: row.bytes }),
    worker: row.worker,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }));
}

const ofPipeline = "where json_extract(spec, '$.pipeline.commit') = ?1";

export function countOfPipeline(file: SqliteFile, commit: string): number {
  const sql = `select (select count(*) from build ${ofPipeline}) + (select count(*) from finished ${ofPipeline}) as sum`;
  return file.get<{ sum: number }>(sql, commit)!.sum;
}

export function listOfPipeline(file: SqliteFile, commit: string): PipelineBuild[] {
  const rows = file.all<{ pkgbase: string; spec: string; status: PipelineBuild["status"] }>(
    `select pkgbase, spec, status from (
       select id, package, spec, iif(state = 'active', 'active', 'waiting') as status from build ${ofPipeline}
       union all select id, package, spec, outcome from finished ${ofPipeline}
     ) as each join package on package.id = each.package order by each.id`,
    commit,
  );
  const last = new Map<string, PipelineBuild>();
  for (const { pkgbase, spec, status } of rows) {
    last.set(pkgbase, { pkgbase, pipeline: readSpec(spec).pipeline!, status });
  }
  return [...last.values()];
}

export function listPackages(file: SqliteFile): PackageRecord[] {
  return file
    .all<Omit<PackageRecord, "blocking"> & { blocking: number }>(
      `select target, arch, pkgbase, outcome, blocking, finished_at as finishedAt, duration_ms as durationMs
       from package where outcome is not null order by target, arch, pkgbase`,
    )
    .map((row) => ({ ...row, blocking: row.blocking === 1 }));
}

/** The next ones, as many as are read at once. */
export function listEvents(file: SqliteFile, after: number): QueueEvent[] {
  return file
    .all<BuildKey & { seq: number; at: number; detail: string }>(
      `select seq, at, target, arch, pkgbase, detail from event join package on package.id = event.package
       where seq > ? order by seq limit 500`,
      after,
    )
    .map(({ detail, ...event }) => ({ ...event, ...(JSON.parse(detail) as QueueEventDetail) }));
}
