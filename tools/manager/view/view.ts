import { join } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { keptNamcap } from "../../builder/namcap.ts";
import type { Git } from "../../git/git.ts";
import type { ObservedQueue } from "../../queue/event-readers.ts";
import type { FinishedBuild, PendingBuild } from "../../queue/queue.ts";
import { succeeded, type Outcome } from "../../queue/outcome.ts";
import { readLiveBuilders, type Takers } from "../builders/live-builders.ts";
import { readBuilders } from "../builders/tokens.ts";
import { logName } from "../log-name.ts";
import type { PublishedPlaces } from "../status.ts";
import { buildersOf } from "./builders-view.ts";
import { openFeed } from "./feed.ts";
import { findPackages } from "./found-packages.ts";
import type { HeldReviews } from "./held-reviews.ts";
import { logFiles } from "./log-file.ts";
import { readMeasures } from "./measures.ts";
import { packageFacts, upstreamOf } from "./package-facts.ts";
import { failingOf, ofFinished, ofPending, whyUntaken } from "./plain-data.ts";
import { entriesOf, newestOf, ofEntry } from "./published-entries.ts";
import { currentStateReader } from "./current-state.ts";
import { ReleaseRecords } from "../releases/record/release-records.ts";
import { releasesOf } from "./releases.ts";
import { standingsOf } from "./standings.ts";
import { versionsAt } from "./version-at.ts";

/** What is looked at. */
export interface ViewedPlace {
  readonly git: Git;
  readonly places: PublishedPlaces;
  /** The folder of logs. */
  readonly logs: string;
  /** The state folder, where a running manager says which builders there are. */
  readonly state: string;
  readonly queue: ObservedQueue;
  readonly reviews: HeldReviews;
}

/**
 * What an installation is doing and has done, for whoever looks in from outside, as plain data. It only reads, and
 * reads again only what changed: the queue after an event, main and what is published where they moved.
 */
export async function openView({ git, places, logs, state, queue, reviews }: ViewedPlace) {
  const [{ repository }] = places;
  const feed = await openFeed(queue);
  const currentState = currentStateReader({ git, places, queue }, feed);
  const files = logFiles();
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

  async function logPathOf(id: number): Promise<string | undefined> {
    const build = (await pendingBuild(id)) ?? (await finishedBuild(id));
    return build && isPkgbase(build.pkgbase) ? join(logs, logName(build)) : undefined;
  }

  async function takers(): Promise<Takers> {
    return { living: await readLiveBuilders(state, Date.now()), drained: await queue.drained() };
  }

  /** Why a build that is ready isn't taken by anybody, where that is so. */
  async function whyReady(): Promise<(build: PendingBuild) => string | undefined> {
    const [{ builds }, known] = [await feed.state(), await takers()];
    const someBuild = builds.some(({ status }) => status.kind === "active");
    return (build) => whyUntaken(build, known, someBuild);
  }

  async function standings(): Promise<ReturnType<typeof standingsOf>> {
    const [found, { held }] = [await currentState(), await feed.state()];
    const ours = held.filter(({ target }) => target === repository.name);
    return standingsOf(found, ours, await takers());
  }

  const versionAt = versionsAt(git);
  const channelsAt = releasesOf(git, new ReleaseRecords(state));

  return {
    name: repository.name,
    ...reviews,

    async overview() {
      const { heads, status, snapshots, durations, recent } = await currentState();
      const [{ builds }, why] = [await feed.state(), await whyReady()];
      const pending = builds
        .filter(({ target }) => target === repository.name)
        .map((one) => ofPending(one, durations, why));
      return {
        repository: repository.name,
        arch: repository.arch,
        commit: heads[0]!.commit,
        packages: heads[0]!.whole.packages.size,
        published: status.published,
        resting: status.resting,
        lastPublished: status.lastPublished === undefined ? null : Math.round(status.lastPublished),
        isRunning:
          (await takers()).living !== undefined || builds.some(({ status: { kind } }) => kind === "active"),
        building: pending.filter((one) => one.status === "active"),
        waiting: pending.filter((one) => one.status !== "active"),
        failing: failingOf(status),
        unscheduled: [...status.unscheduled],
        recent: recent.map((one) => ofFinished(one, durations)),
        newest: newestOf(entriesOf(snapshots)).map(ofEntry),
      };
    },

    async builders() {
      const { durations, recent } = await currentState();
      const [{ builds }, { living, drained }] = [await feed.state(), await takers()];
      const known = [...(await readBuilders(state)).keys()];
      const active = builds.flatMap(({ status, ...build }) =>
        status.kind === "active" ? [{ ...build, status }] : [],
      );
      return buildersOf<ReturnType<typeof ofPending> | ReturnType<typeof ofFinished>>(
        { known, living, drained, active, recent },
        {
          pending: (build) => ofPending(build, durations),
          finished: (build) => ofFinished(build, durations),
        },
      );
    },

    async failing() {
      const failing = failingOf((await currentState()).status);
      const versions = await Promise.all(failing.map((one) => versionAt(one.firstCommit, one.pkgbase)));
      return failing.map((one, at) => ({ ...one, firstVersion: versions[at]! }));
    },

    async queue() {
      const { durations } = await currentState();
      const [{ builds, removals, held }, why] = [await feed.state(), await whyReady()];
      return {
        builds: builds.map((one) => ofPending(one, durations, why)),
        removals: removals.map(({ pkgbase, pkgnames, reason }) => ({ pkgbase, pkgnames, reason })),
        held: held
          .filter(({ target }) => target === repository.name)
          .map(({ pkgbase, why }) => ({ pkgbase, why })),
      };
    },

    async repository() {
      const { heads, snapshots, status, fingerprint } = await currentState();
      return {
        name: repository.name,
        arch: repository.arch,
        fingerprint: fingerprint ?? null,
        lastPublished: status.lastPublished === undefined ? null : Math.round(status.lastPublished),
        packages: entriesOf(snapshots).map(ofEntry),
        releases: await channelsAt(heads[0]!.commit, {
          pending: (await feed.state()).builds,
          last: async (key) => (await queue.history({ key, limit: 1 }))[0],
        }),
      };
    },

    async packages({ search, limit }: { readonly search: string; readonly limit: number }) {
      return findPackages(await currentState(), search, limit, await standings());
    },

    async package(pkgbase: string) {
      const [found, standingOf] = [await currentState(), await standings()];
      const facts = packageFacts(pkgbase, found, standingOf(pkgbase));
      if (!facts) return undefined;
      const [{ held }, waiting] = [await feed.state(), await reviews.reviews()];
      return {
        ...facts,
        arch: places.map((place) => place.repository.arch).join(", "),
        held: held.find((one) => one.target === repository.name && one.pkgbase === pkgbase)?.why ?? null,
        upstream: await upstreamOf(git, pkgbase),
        review: waiting.reviews.find((one) => one.pkgbase === pkgbase) ?? null,
        reviewsAsOf: waiting.asOf,
        builds: (await historyOf(pkgbase, 50)).map((one) => ofFinished(one, found.durations)),
      };
    },

    async builds({ pkgbase, limit }: { readonly pkgbase?: string; readonly limit: number }) {
      const { durations } = await currentState();
      const found = pkgbase === undefined ? await queue.history({ limit }) : await historyOf(pkgbase, limit);
      return found.map((one) => ofFinished(one, durations));
    },

    async build(id: number) {
      const { durations } = await currentState();
      const pending = await pendingBuild(id);
      if (pending) return ofPending(pending, durations, await whyReady());
      const finished = await finishedBuild(id);
      return finished && ofFinished(finished, durations);
    },

    async log(id: number) {
      const path = await logPathOf(id);
      const log = path === undefined ? undefined : await files.find(path);
      if (!log) return undefined;
      const goesOn = async (): Promise<boolean> => {
        const known = await pendingBuild(id);
        if (known === undefined || !isGivenUp(known)) return known !== undefined;
        // Leases are renewed without an event.
        const { builds } = await queue.state(["active"]);
        return builds.some((build) => build.id === id && !isGivenUp(build));
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

/** Nobody renews its lease, and no manager is there that would end it: nothing more is going to be written. */
function isGivenUp({ status }: PendingBuild): boolean {
  return status.kind === "active" && status.leaseUntil + givenUpMs < Date.now();
}

const givenUpMs = 60_000;
