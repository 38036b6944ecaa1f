import { randomUUID } from "node:crypto";
import type { Build, Claim, ReadyQuery, Worker } from "../queue.ts";
import type { Transaction } from "./dispatch.ts";
import { type BuildRow, readBuild, selectBuild, toBuild } from "./rows.ts";
import { observe } from "./totals.ts";

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
