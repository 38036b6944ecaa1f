import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { readSnapshot, snapshotNumber } from "../../pkgrepo/snapshot.ts";
import type { FinishedBuild, Queue } from "../../queue/queue.ts";
import type { Revision } from "../reconcile/revision.ts";
import { readBuildingStatus, type BuildingStatus, type PublishedPlaces } from "../status.ts";
import type { Feed } from "./feed.ts";
import type { Durations } from "./plain-data.ts";
import type { PublishedPart } from "./published-entries.ts";

/** For thousands of packages a reading takes a good part of a second, and events come in bursts. */
const restMs = 500;

/** Main, what is published, and what the queue remembers, at one moment. */
export interface CurrentState {
  /** Of each architecture. */
  readonly heads: readonly Revision[];
  readonly status: BuildingStatus;
  /** What is published of each of them; nothing before the first time. */
  readonly snapshots: readonly PublishedPart[];
  /** Of the first architecture, where something is published. */
  readonly fingerprint: string | undefined;
  readonly durations: Durations;
  readonly recent: readonly FinishedBuild[];
}

/**
 * Reads all that belongs together, and again only what changed since: what it returns is that of the last change, but
 * at most `restMs` old.
 */
export function currentStateReader(
  { git, places, queue }: { readonly git: Git; readonly places: PublishedPlaces; readonly queue: Queue },
  feed: Feed,
): () => Promise<CurrentState> {
  const [{ repository }] = places;
  let current:
    | { readonly at: number; readonly key: string; readonly found: Promise<CurrentState> }
    | undefined;
  let looked: { readonly at: number; readonly key: Promise<string> } | undefined;

  async function read(): Promise<CurrentState> {
    const now = Date.now();
    if (!looked || now - looked.at > restMs) looked = { at: now, key: placeKey() };
    const key = `${await looked.key} ${feed.seen()}`;
    if (current && (current.key === key || now - current.at < restMs)) return current.found;
    const found = readAll();
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

  async function readAll(): Promise<CurrentState> {
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
    const snapshots = found.map((snapshot) => snapshot ?? { entries: [], madeFrom: new Map() });
    const fingerprint = found[0]?.keys?.signs.fingerprint;
    // Where several architectures build a package, they take about as long.
    const durations = new Map(ours.map((one) => [one.pkgbase, one]));
    return { heads, status, snapshots, fingerprint, durations, recent };
  }

  return read;
}
