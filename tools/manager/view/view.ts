import { join } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { dependentsOf } from "../../deptree/tree.ts";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { keptNamcap } from "../../builder/namcap.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { readSnapshot, snapshotNumber, type Snapshot } from "../../pkgrepo/snapshot.ts";
import type { ToldQueue } from "../../queue/event-readers.ts";
import type { FinishedBuild, PendingBuild } from "../../queue/queue.ts";
import { succeeded, type Outcome } from "../../queue/outcome.ts";
import { SluiceError } from "../../errors.ts";
import { logName } from "../builds/handle-build.ts";
import type { Revision } from "../reconcile/revision.ts";
import { readBuildingStatus, type BuildingStatus, type PublishedPlaces } from "../status.ts";
import { readLiving, type Living } from "../builders/living.ts";
import { readBuilders } from "../builders/tokens.ts";
import { buildersOf } from "./builders-view.ts";
import { openFeed } from "./feed.ts";
import type { HeldReviews } from "./held-reviews.ts";
import { logFiles } from "./log-file.ts";
import { readMeasures } from "./measures.ts";
import { neighboursOf } from "./neighbours.ts";
import {
  causesOf,
  failingOf,
  graphOf,
  newestOf,
  ofEntry,
  ofFinished,
  ofPending,
  stateOf,
  type Durations,
} from "./plain-data.ts";

/** What is looked at. */
export interface ViewedPlace {
  readonly git: Git;
  readonly places: PublishedPlaces;
  /** The folder of logs. */
  readonly logs: string;
  /** The state folder, where a running manager says which builders there are. */
  readonly state: string;
  readonly queue: ToldQueue;
  readonly reviews: HeldReviews;
}

/**
 * What an installation is doing and has done, for whoever looks in from outside, as plain data. It only reads, and
 * reads again only what changed: the queue after an event, main and what is published where they moved.
 */
export async function openView({ git, places, logs, state, queue, reviews }: ViewedPlace) {
  const [{ repository }] = places;
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
    const numbers = await Promise.all(places.map((place) => snapshotNumber(place.repository)));
    return `${await resolveCommit(git, "HEAD")} ${numbers.join(" ")}`;
  }

  async function readStanding(): Promise<Standing> {
    const commit = await resolveCommit(git, "HEAD");
    if (commit === undefined)
      throw new SluiceError("no-commits", `${git.dir}: not a Git repository with commits`);
    const [heads, status, found, records, recent] = await Promise.all([
      Promise.all(places.map(({ revisions }) => revisions.at(commit))),
      readBuildingStatus(queue, places, commit),
      Promise.all(places.map((place) => readSnapshot(place.repository))),
      queue.packages(),
      queue.history({ limit: 30 }),
    ]);
    const ours = records.filter(({ target }) => target === repository.name);
    const snapshots = found.flatMap((snapshot) => snapshot ?? []);
    // Where several architectures build a package, they take about as long.
    return { heads, status, snapshots, durations: new Map(ours.map((one) => [one.pkgbase, one])), recent };
  }

  async function pendingBuild(id: number): Promise<PendingBuild | undefined> {
    return (await feed.state()).builds.find((build) => build.id === id);
  }

  async function finishedBuild(id: number): Promise<FinishedBuild | undefined> {
    return (await queue.history({ build: id, limit: 1 }))[0];
  }

  /** Of all architectures, the latest first. */
  async function historyOf(pkgbase: string, limit: number): Promise<readonly FinishedBuild[]> {
    const keys = places.map(({ repository: { name, arch } }) => ({ target: name, arch, pkgbase }));
    const found = await Promise.all(keys.map((key) => queue.history({ key, limit })));
    return found
      .flat()
      .sort((a, b) => b.finishedAt - a.finishedAt || b.id - a.id)
      .slice(0, limit);
  }

  /** As the branch `state` remembers it. */
  async function upstreamOf(pkgbase: string): Promise<string | null> {
    if (!isPkgbase(pkgbase)) return null;
    for (const ref of ["refs/remotes/origin/state", "refs/heads/state"]) {
      const { ok, stdout } = await git.attempt(["show", `${ref}:${pkgbase}`]);
      if (ok) return /^SLUICE_REVISION=(\S+)$/m.exec(stdout)?.[1] ?? null;
    }
    return null;
  }

  async function logPathOf(id: number): Promise<string | undefined> {
    const build = (await pendingBuild(id)) ?? (await finishedBuild(id));
    return build && isPkgbase(build.pkgbase) ? join(logs, logName(build)) : undefined;
  }

  const living = (): Promise<Living | undefined> => readLiving(state, Date.now());

  return {
    name: repository.name,
    ...reviews,

    async overview() {
      const { heads, status, snapshots, durations, recent } = await standing();
      const [{ builds }, there] = [await feed.state(), await living()];
      const pending = builds
        .filter(({ target }) => target === repository.name)
        .map((one) => ofPending(one, durations, there));
      return {
        repository: repository.name,
        arch: repository.arch,
        commit: heads[0]!.commit,
        packages: heads[0]!.whole.packages.size,
        published: status.published,
        lastPublished: status.lastPublished === undefined ? null : Math.round(status.lastPublished),
        building: pending.filter((one) => one.status === "active"),
        waiting: pending.filter((one) => one.status !== "active"),
        failing: failingOf(status),
        unscheduled: [...status.unscheduled],
        recent: recent.map((one) => ofFinished(one, durations)),
        newest: newestOf(entriesOf(snapshots)).map(ofEntry),
      };
    },

    async builders() {
      const [{ durations, recent }, there] = [await standing(), await living()];
      const { builds } = await feed.state();
      const known = [...(await readBuilders(state)).keys()];
      const active = builds.flatMap(({ status, ...build }) =>
        status.kind === "active" ? [{ ...build, status }] : [],
      );
      return buildersOf<ReturnType<typeof ofPending> | ReturnType<typeof ofFinished>>(
        { known, living: there, drained: await queue.drained(), active, recent },
        {
          pending: (build) => ofPending(build, durations),
          finished: (build) => ofFinished(build, durations),
        },
      );
    },

    async failing() {
      return failingOf((await standing()).status);
    },

    async queue() {
      const { durations } = await standing();
      const [{ builds, removals, held }, there] = [await feed.state(), await living()];
      return {
        builds: builds.map((one) => ofPending(one, durations, there)),
        removals: removals.map(({ pkgbase, pkgnames, reason }) => ({ pkgbase, pkgnames, reason })),
        held: held
          .filter(({ target }) => target === repository.name)
          .map(({ pkgbase, why }) => ({ pkgbase, why })),
      };
    },

    async repository() {
      const { snapshots, status } = await standing();
      return {
        name: repository.name,
        arch: repository.arch,
        fingerprint: snapshots[0]?.keys?.signs.fingerprint ?? null,
        lastPublished: status.lastPublished === undefined ? null : Math.round(status.lastPublished),
        packages: entriesOf(snapshots).map(ofEntry),
      };
    },

    async package(pkgbase: string) {
      const { heads, status, snapshots, durations } = await standing();
      const head = heads.find(({ workspace }) => workspace.packages.has(pkgbase)) ?? heads[0]!;
      const pkg = head.workspace.packages.get(pkgbase);
      const published = entriesOf(snapshots).filter(({ base }) => base === pkgbase);
      if (!pkg && published.length === 0) return undefined;
      const node = head.tree.packages.get(pkgbase);
      const trigger = pkg?.config.CI_ON_TRIGGER || null;
      const { held } = await feed.state();
      return {
        pkgbase,
        ...stateOf(
          { pkgbase, isInMain: pkg !== undefined, trigger, published, living: await living() },
          status,
        ),
        arch: places.map((place) => place.repository.arch).join(", "),
        held: held.find((one) => one.target === repository.name && one.pkgbase === pkgbase)?.why ?? null,
        upstream: await upstreamOf(pkgbase),
        review: (await reviews.reviews()).reviews.find((one) => one.pkgbase === pkgbase) ?? null,
        causes: causesOf(pkgbase, status),
        graph: graphOf(neighboursOf(head.tree, pkgbase), status, snapshots),
        version: (pkg?.srcinfo && srcinfoVersion(pkg.srcinfo)) ?? null,
        onTrigger: trigger,
        pkgnames: node?.pkgnames ?? published.map(({ name }) => name),
        published: published.map(ofEntry),
        madeFrom:
          snapshots.find(({ madeFrom }) => madeFrom.has(pkgbase))?.madeFrom.get(pkgbase)?.commit ?? null,
        needs: [...new Set(node?.edges.map(({ to }) => to))],
        neededBy: dependentsOf(head.tree, pkgbase),
        builds: (await historyOf(pkgbase, 50)).map((one) => ofFinished(one, durations)),
      };
    },

    async builds({ pkgbase, limit }: { readonly pkgbase?: string; readonly limit: number }) {
      const { durations } = await standing();
      const found = pkgbase === undefined ? await queue.history({ limit }) : await historyOf(pkgbase, limit);
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
      const path = await logPathOf(id);
      const log = path === undefined ? undefined : await files.find(path);
      if (!log) return undefined;
      const goesOn = async (): Promise<boolean> => {
        const build = await pendingBuild(id);
        return build !== undefined && !isGivenUp(build);
      };
      return { ...log, follow: (from: number, signal: AbortSignal) => log.follow(from, goesOn, signal) };
    },

    async namcap(id: number) {
      const path = await logPathOf(id);
      return path === undefined ? undefined : keptNamcap(path);
    },

    measures: () =>
      readMeasures({ queue, git, state, repositories: places.map((place) => place.repository) }),
    async totals() {
      const builds = (await queue.totals()).filter(({ name }) => name === "builds");
      const sum = (wanted: boolean): number =>
        builds
          .filter(({ labels }) => succeeded(labels["outcome"] as Outcome) === wanted)
          .reduce((all, { value }) => all + value, 0);
      return { succeeded: sum(true), failed: sum(false) };
    },

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

/** Nobody renews its lease, and no manager is there that would take it back: nothing more is going to be written. */
function isGivenUp({ status }: PendingBuild): boolean {
  return status.kind === "active" && status.leaseUntil + givenUpMs < Date.now();
}

const givenUpMs = 60_000;

/** For thousands of packages a reading takes a good part of a second, and events come in bursts. */
const restMs = 500;

/** What is made for any architecture is in all of them, and is told once. */
function entriesOf(snapshots: readonly Snapshot[]): DatabaseEntry[] {
  const all = snapshots.flatMap(({ entries }) => entries);
  return [...new Map(all.map((entry) => [entry.filename, entry])).values()];
}

interface Standing {
  /** Of each architecture. */
  readonly heads: readonly Revision[];
  readonly status: BuildingStatus;
  readonly snapshots: readonly Snapshot[];
  readonly durations: Durations;
  readonly recent: readonly FinishedBuild[];
}
