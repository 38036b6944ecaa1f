import { join } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { dependentsOf } from "../../deptree/tree.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { readSnapshot, snapshotNumber, type Snapshot } from "../../pkgrepo/snapshot.ts";
import type { ToldQueue } from "../../queue/event-readers.ts";
import type { FinishedBuild, PendingBuild } from "../../queue/queue.ts";
import { SluiceError } from "../../errors.ts";
import { logName } from "../builds/handle-build.ts";
import type { BuildingPlace } from "../installation.ts";
import type { Revision, Revisions } from "../reconcile/revision.ts";
import { readBuildingStatus, type BuildingStatus } from "../status.ts";
import { openFeed } from "./feed.ts";
import { logFiles, type LogFile } from "./log-file.ts";
import { readMeasures } from "./measures.ts";
import { failingOf, ofEntry, ofFinished, ofPending, stateOf, type Durations } from "./plain-data.ts";

/** What is looked at. */
export interface ViewedPlace {
  readonly git: Git;
  readonly revisions: Revisions;
  readonly repository: BuildingPlace["repository"];
  /** The folder of logs. */
  readonly logs: string;
  /** The state folder. */
  readonly state: string;
  readonly queue: ToldQueue;
}

/**
 * What an installation is doing and has done, for whoever looks in from outside, as plain data. It only reads, and
 * reads again only what changed: the queue after an event, main and what is published where they moved.
 */
export async function openView({ git, revisions, repository, logs, state, queue }: ViewedPlace) {
  const feed = await openFeed(queue);
  const files = logFiles();
  let current: { readonly at: number; readonly key: string; readonly found: Promise<Standing> } | undefined;
  let looked: { readonly at: number; readonly key: Promise<string> } | undefined;

  /** Everything that belongs together, as of the last change but at most `restMs` old. */
  async function standing(): Promise<Standing> {
    const now = Date.now();
    if (!looked || now - looked.at > restMs) looked = { at: now, key: placeKey() };
    const key = `${await looked.key} ${feed.seen()}`;
    if (current && (current.key === key || now - current.at < restMs)) return current.found;
    const found = readStanding();
    current = { at: now, key, found };
    found.catch(() => {
      if (current?.found === found) current = undefined;
    });
    return found;
  }

  async function placeKey(): Promise<string> {
    return `${await resolveCommit(git, "HEAD")} ${await snapshotNumber(repository)}`;
  }

  async function readStanding(): Promise<Standing> {
    const commit = await resolveCommit(git, "HEAD");
    if (commit === undefined)
      throw new SluiceError("no-commits", `${git.dir}: not a Git repository with commits`);
    const head = await revisions.at(commit);
    const [status, snapshot, records, recent] = await Promise.all([
      readBuildingStatus(queue, { repository, revisions }, head),
      readSnapshot(repository),
      queue.packages(),
      queue.history({ limit: 30 }),
    ]);
    const ours = records.filter(({ target }) => target === repository.name);
    return { head, status, snapshot, durations: new Map(ours.map((one) => [one.pkgbase, one])), recent };
  }

  async function pendingBuild(id: number): Promise<PendingBuild | undefined> {
    return (await feed.state()).builds.find((build) => build.id === id);
  }

  async function finishedBuild(id: number): Promise<FinishedBuild | undefined> {
    return (await queue.history({ build: id, limit: 1 }))[0];
  }

  async function logOf(id: number): Promise<LogFile | undefined> {
    const build = (await pendingBuild(id)) ?? (await finishedBuild(id));
    return build && isPkgbase(build.pkgbase) ? files.find(join(logs, logName(build))) : undefined;
  }

  return {
    name: repository.name,

    async overview() {
      const { head, status, durations, recent } = await standing();
      const { builds } = await feed.state();
      const pending = builds
        .filter(({ target }) => target === repository.name)
        .map((one) => ofPending(one, durations));
      return {
        repository: repository.name,
        arch: repository.arch,
        commit: head.commit,
        packages: head.workspace.packages.size,
        published: status.published,
        lastPublished: status.lastPublished === undefined ? null : Math.round(status.lastPublished),
        building: pending.filter((one) => one.status === "active"),
        waiting: pending.filter((one) => one.status !== "active"),
        failing: failingOf(status),
        unscheduled: status.unscheduled,
        recent: recent.map((one) => ofFinished(one, durations)),
      };
    },

    async failing() {
      return failingOf((await standing()).status);
    },

    async queue() {
      const { durations } = await standing();
      const { builds, removals } = await feed.state();
      return {
        builds: builds.map((one) => ofPending(one, durations)),
        removals: removals.map(({ pkgbase, pkgnames, reason }) => ({ pkgbase, pkgnames, reason })),
      };
    },

    async repository() {
      const { snapshot, status } = await standing();
      return {
        name: repository.name,
        arch: repository.arch,
        fingerprint: snapshot?.keys?.signs.fingerprint ?? null,
        lastPublished: status.lastPublished === undefined ? null : Math.round(status.lastPublished),
        packages: (snapshot?.entries ?? []).map(ofEntry),
      };
    },

    async package(pkgbase: string) {
      const { head, status, snapshot, durations } = await standing();
      const pkg = head.workspace.packages.get(pkgbase);
      const published = (snapshot?.entries ?? []).filter(({ base }) => base === pkgbase);
      if (!pkg && published.length === 0) return undefined;
      const key = { target: repository.name, arch: repository.arch, pkgbase };
      const node = head.tree.packages.get(pkgbase);
      const trigger = pkg?.config.CI_ON_TRIGGER || null;
      return {
        pkgbase,
        ...stateOf({ pkgbase, isInMain: pkg !== undefined, trigger, published }, status),
        version: (pkg?.srcinfo && srcinfoVersion(pkg.srcinfo)) ?? null,
        onTrigger: trigger,
        pkgnames: node?.pkgnames ?? published.map(({ name }) => name),
        published: published.map(ofEntry),
        madeFrom: snapshot?.madeFrom.get(pkgbase)?.commit ?? null,
        needs: [...new Set(node?.edges.map(({ to }) => to))],
        neededBy: dependentsOf(head.tree, pkgbase),
        builds: (await queue.history({ key, limit: 50 })).map((one) => ofFinished(one, durations)),
      };
    },

    async builds({ pkgbase, limit }: { readonly pkgbase?: string; readonly limit: number }) {
      const { durations } = await standing();
      const key = { target: repository.name, arch: repository.arch, pkgbase: pkgbase ?? "" };
      const found = await queue.history(pkgbase === undefined ? { limit } : { key, limit });
      return found.map((one) => ofFinished(one, durations));
    },

    async build(id: number) {
      const { durations } = await standing();
      const pending = await pendingBuild(id);
      if (pending) return ofPending(pending, durations);
      const finished = await finishedBuild(id);
      return finished && ofFinished(finished, durations);
    },

    async log(id: number) {
      const log = await logOf(id);
      if (!log) return undefined;
      const goesOn = async (): Promise<boolean> => (await pendingBuild(id)) !== undefined;
      return { ...log, follow: (from: number, signal: AbortSignal) => log.follow(from, goesOn, signal) };
    },

    measures: () => readMeasures({ queue, git, state }),

    async *events(after: number | undefined, signal: AbortSignal) {
      for await (const event of feed.follow(after, signal)) {
        if (event === "missed") {
          yield event;
          continue;
        }
        const { seq, at, kind, pkgbase } = event;
        yield { seq, at, kind, pkgbase, build: "build" in event ? event.build : null };
      }
    },

    close: () => feed.close(),
  };
}

/** For thousands of packages a reading takes a good part of a second, and events come in bursts. */
const restMs = 500;

interface Standing {
  readonly head: Revision;
  readonly status: BuildingStatus;
  readonly snapshot: Snapshot | undefined;
  readonly durations: Durations;
  readonly recent: readonly FinishedBuild[];
}
