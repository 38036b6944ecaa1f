import type { BlockCause, Outcome } from "../outcome.ts";
import type { BuildState, BuildStatus, QueueState } from "../queue.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { type BuildRow, listHeld, listRemovals, selectBuild, toBuild } from "./rows.ts";

export function readState(file: SqliteFile, only?: readonly BuildState[]): QueueState {
  const { seq } = file.get<{ seq: number }>("select coalesce(max(seq), 0) as seq from event")!;
  const chosen = only ? `where state in (${only.map((state) => `'${state}'`).join()})` : "";
  const builds = file.all<BuildRow>(`${selectBuild} ${chosen} order by priority desc, build.id`);
  const needy = builds.some(({ state }) => state === "waiting" || state === "blocked");
  const open = needy ? openNeeds(file) : new Map<number, OpenNeed[]>();
  const causes = blockCauses(builds, open);
  return {
    seq,
    builds: builds.map((row) => ({
      ...toBuild(row),
      status: statusOf(row, open.get(row.id) ?? [], causes.get(row.package) ?? []),
    })),
    removals: listRemovals(file, "all"),
    held: listHeld(file),
  };
}

/** A need that isn't satisfied. */
interface OpenNeed {
  readonly build: number;
  readonly package: number;
  readonly pkgbase: string;
  readonly standing: "pending" | "failing";
  readonly released: number;
  readonly outcome: Outcome | null;
}

function openNeeds(file: SqliteFile): Map<number, OpenNeed[]> {
  const needs = new Map<number, OpenNeed[]>();
  const rows = file.all<OpenNeed>(
    `select build, package, pkgbase, standing, released, outcome
     from need join package on package.id = need.package where standing <> 'fine' order by pkgbase`,
  );
  for (const need of rows) append(needs, need.build, need);
  return needs;
}

/** By package of the blocked build: the failures at the far ends of what it needs. */
function blockCauses(
  builds: readonly BuildRow[],
  open: ReadonlyMap<number, readonly OpenNeed[]>,
): Map<number, BlockCause[]> {
  const blocked = new Map(builds.filter((row) => row.state === "blocked").map((row) => [row.package, row]));
  const blocks = new Map<number, number[]>();
  const roots = new Map<number, BlockCause>();
  for (const row of blocked.values()) {
    for (const need of (open.get(row.id) ?? []).filter(isBlocker)) {
      append(blocks, need.package, row.package);
      if (blocked.has(need.package)) continue;
      roots.set(need.package, { pkgbase: need.pkgbase, outcome: need.outcome ?? "failed" });
    }
  }

  const causes = new Map<number, BlockCause[]>();
  for (const [root, cause] of roots) {
    const reached = new Set([root]);
    for (const id of reached) {
      for (const dependent of blocks.get(id) ?? []) reached.add(dependent);
      if (id !== root) append(causes, id, cause);
    }
  }
  return causes;
}

function isBlocker({ standing, released }: OpenNeed): boolean {
  return standing === "failing" && !released;
}

function statusOf(row: BuildRow, needs: readonly OpenNeed[], causes: readonly BlockCause[]): BuildStatus {
  switch (row.state) {
    case "ready":
      return row.held === null ? { kind: "ready" } : { kind: "held", why: row.held };
    case "delayed":
      return { kind: "delayed", until: row.not_before };
    case "waiting": {
      const pending = needs.filter(({ standing }) => standing === "pending");
      return { kind: "waiting", for: pending.length > 0 ? names(pending) : [row.pkgbase] };
    }
    case "blocked":
      return { kind: "blocked", by: names(needs.filter(isBlocker)), causes };
    case "active":
      return {
        kind: "active",
        worker: row.worker!,
        startedAt: row.started_at!,
        leaseUntil: row.lease_until!,
        cancelling: row.cancel_message !== null,
      };
  }
}

function names(needs: readonly OpenNeed[]): string[] {
  return needs.map(({ pkgbase }) => pkgbase);
}

function append<Value>(lists: Map<number, Value[]>, key: number, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
