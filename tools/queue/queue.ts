import type { QueueEvent } from "./events.ts";
import type { BlockCause, Outcome, Retry } from "./outcome.ts";
import type { AskingPipeline, BuildKey, OnDependencyFailure, Submission, Submitted } from "./submission.ts";

/**
 * The builds that manager and builders share, in the order of their dependencies. Any number of processes
 * may use one queue at once, and any of them may be killed at any moment:
 *
 * - What a method has resolved for is durable: after a crash it is still so, entirely or, where the method
 *   hadn't resolved yet, entirely or not at all. Repeating a call whose answer got lost does no harm.
 *   A power loss alone may undo the latest claims and renewed leases, with their events.
 * - A build is keyed by target, architecture and pkgbase. Per key at most one build is queued and at most
 *   one is active. Scheduling a queued one merges into it: commit, class, needs and all else of the later
 *   submission win, the reasons are joined. Scheduling an active one queues one more for after it.
 * - A build is ready when nothing that it needs (same target and, unless the submission says otherwise, same
 *   architecture) is queued or active. A need that the queue doesn't know, or whose last build succeeded, is
 *   satisfied. Ready builds are handed out along the critical path: longest remaining chain first, by past durations
 *   where known, among equals the one that was queued first.
 * - Each repository and architecture has a line of its own, and the line with the fewest active builds is next, among
 *   equals the one that was served longest ago. So a mass rebuild of one doesn't keep the others waiting.
 * - `lost` builds (also: the lease ran out) are retried, see outcome.ts, and failures whose result names a reason to;
 *   nothing else is.
 * - A failure is remembered until a later build of that key succeeds or the package is removed. While it
 *   is, whatever needs it is `blocked`, and so on transitively, also when submitted later. Scheduling the
 *   failed one again lets its dependents wait for it; its success releases them.
 * - Needs may close a cycle when submissions of different commits meet. The need of the oldest submission
 *   in it is dropped, among equals the first by name, and a `cycle-broken` event says so.
 *
 * Every method throws a SluiceError when the storage fails; its code begins with `queue-`.
 */
export interface Queue {
  /** Accepts builds and removals as one unit. A removal drops the queued build of its key and asks an
   * active one to stop; a build withdraws the pending removal of its key, because publishing replaces. A
   * submission that carries out `requests` changes nothing where its `after` isn't what `taken` says. */
  submit(submission: Submission): Promise<readonly Submitted[]>;

  /** Up to which number the requests of a workspace for a repository have been accepted; 0: none. */
  taken(of: Pick<Submission, "source" | "target" | "arch">): Promise<number>;

  /** Hands out a ready build, or undefined when this worker has nothing to do now. Also returns builds whose
   * lease ran out and retries that are due to the queue, so ask again after an event, and every second or
   * so without one. */
  claim(worker: Worker): Promise<Claim | undefined>;

  /** The ready builds in the order in which `claim` hands them out, for whoever offers them to builders elsewhere.
   * Like `claim` it first requeues builds whose lease ran out and retries that are due. */
  ready(query: ReadyQuery): Promise<readonly Build[]>;

  /** Renews the lease for as long as it was claimed for. `cancel`: the lease was renewed, but stop, and
   * finish with `cancelled`. `gone`: the claim is no longer yours; throw the work away. */
  keepAlive(claim: ClaimId): Promise<"kept" | "cancel" | "gone">;

  /** The build of a claim that is still that worker's. */
  claimed(claim: ClaimId): Promise<Build | undefined>;

  /** Lets the claims of these workers hold from now on once more, also where the lease has run out: for a start
   * after a time in which nobody could renew it. */
  renew(workers: readonly string[]): Promise<void>;

  /** Ends the claims of a worker as `lost`: its process was restarted, so nobody works on them. */
  abandon(worker: string): Promise<void>;

  /** Ends a claim. `gone`: it had been handed to somebody else or retried, and the result doesn't count.
   * Finishing a claim again changes nothing, and returns `finished` unless the build is being retried. */
  finish(claim: ClaimId, result: Result): Promise<"finished" | "gone">;

  /** Lets a queued build go on although these needs failed, because the published repository satisfies them
   * already. It still waits while they are queued or active. Holds until the build is scheduled again.
   * False: no such build is queued. */
  release(key: BuildKey, needs: readonly string[]): Promise<boolean>;

  /** Ends the queued build of this key as `cancelled`, and asks the worker of an active one to stop (told at
   * its next `keepAlive`). Whatever needs it becomes blocked. False: neither queued nor active. */
  cancel(key: BuildKey, message: string): Promise<boolean>;

  /** Lets nobody claim this package's builds, those of later submissions included; an active one goes on. Why
   * undefined: lets them go. Holds also where the package was never built. */
  hold(key: BuildKey, why: string | undefined): Promise<void>;

  /** Hands out nothing more to this worker; what it builds goes on. Why undefined: it takes builds again. */
  drain(worker: string, why: string | undefined): Promise<void>;

  /** Who takes nothing new, by name. */
  drained(): Promise<readonly Drained[]>;

  /** What is to be taken out of package repositories and hasn't been acknowledged, oldest first. Not among
   * them while a build of that key is active. Carrying one out twice does no harm, so there is no claim: take
   * the pkgnames out where they are still that pkgbase's, then call `removed`. */
  removals(): Promise<readonly Removal[]>;

  /** Acknowledges a removal. Acknowledging it again, or a withdrawn one, changes nothing. */
  removed(id: number): Promise<void>;

  /** Notes why a removal can't be carried out, for those who read the events; it stays to be done. Saying the same
   * again changes nothing. */
  removalFailed(id: number, message: string): Promise<void>;

  /**
   * What is queued and active at one moment, in the order in which it would be claimed.
   *
   * @param only builds in these states alone, which of a long queue costs far less; held ones are ready
   */
  state(only?: readonly BuildState[]): Promise<QueueState>;

  /** Finished builds, the latest first; of one package, or the one with this id. */
  history(query: HistoryQuery): Promise<readonly FinishedBuild[]>;

  /** What the queue remembers of each package that ever ended a build here. */
  packages(): Promise<readonly PackageRecord[]>;

  /** Forgets builds that ended before that time, but the last of each outcome of each package, and events. */
  forget(before: number): Promise<void>;

  /** All events after that sequence number (0: from the first one kept), in order and without a gap, then
   * each new one as it happens in whichever process, until `signal` aborts or the queue is closed. Sequence
   * numbers are durable and only grow. */
  events(from: { readonly after: number; readonly signal?: AbortSignal }): AsyncIterable<QueueEvent>;

  close(): Promise<void>;
}

export interface Worker {
  /** Who builds, for people. */
  readonly worker: string;
  /** The classes that it takes, besides builds without a class. */
  readonly classes: readonly string[] | "all";
  /** Builds without a class are not for it. */
  readonly classOnly?: boolean;
  /** The architectures that it builds for; default: any. */
  readonly archs?: readonly string[];
  /** The builds that it takes, by id; default: any. */
  readonly builds?: readonly number[];
  /** After that time without `keepAlive` (milliseconds) the worker counts as dead and the build as `lost`. */
  readonly leaseMs: number;
}

export interface ReadyQuery extends Pick<Worker, "classes" | "classOnly" | "archs"> {
  readonly limit: number;
}

export interface Build extends BuildKey {
  /** Unique in this queue forever; a retry keeps it. */
  readonly id: number;
  readonly commit: string;
  readonly source: string;
  readonly pipeline?: AskingPipeline;
  readonly onDependencyFailure: OnDependencyFailure;
  readonly class: string | null;
  readonly pkgnames: readonly string[];
  readonly needs: readonly string[];
  /** Where what is published was made from this recipe and these upstream commits, there is nothing to build. */
  readonly upstream?: readonly string[] | undefined;
  readonly reasons: readonly string[];
  readonly again?: boolean;
  /** How often it was lost so far. */
  readonly losses: number;
  /** How often it was tried again for other reasons. */
  readonly retried?: { readonly download?: number; readonly memory?: number };
  /** Milliseconds since 1970, as all times here. */
  readonly queuedAt: number;
}

export interface Claim {
  readonly build: Build;
  /** Tells this claim from any other of the same build. */
  readonly token: string;
  readonly worker: string;
  readonly leaseMs: number;
}

/** As much of a claim as tells it from all others. */
export type ClaimId = Pick<Claim, "token" | "worker"> & { readonly build: Pick<Build, "id"> };

export interface Result {
  readonly outcome: Outcome;
  /** What a person should know about it, such as what failed. */
  readonly message?: string;
  /** Of `failed`: try it again, unless that was done often enough. */
  readonly retry?: Retry;
  /** Of `built`: how large its packages are together. */
  readonly bytes?: number;
  /** Of `built`: how long publishing them took. It is counted, and not remembered of the build. */
  readonly publishMs?: number;
}

export interface HistoryQuery {
  readonly key?: BuildKey;
  readonly build?: number;
  readonly limit: number;
}

export interface Removal extends BuildKey {
  readonly id: number;
  readonly commit: string;
  readonly source: string;
  readonly pkgnames: readonly string[];
  readonly reason: string;
}

export interface QueueState {
  /** The last event that this state includes: follow on from here. */
  readonly seq: number;
  readonly builds: readonly PendingBuild[];
  /** All that aren't acknowledged, also those that `removals` holds back. */
  readonly removals: readonly Removal[];
  /** Packages that are held by hand, queued or not. */
  readonly held: readonly HeldPackage[];
}

export interface HeldPackage extends BuildKey {
  /** Who holds it, and why. */
  readonly why: string;
}

export interface Drained {
  readonly worker: string;
  readonly why: string;
}

export type BuildState = "ready" | "waiting" | "delayed" | "blocked" | "active";

export type PendingBuild = Build & { readonly status: BuildStatus };

export type BuildStatus =
  | { readonly kind: "ready" }
  /** Ready, but held by hand. */
  | { readonly kind: "held"; readonly why: string }
  /** For these needs, or for its own active build. */
  | { readonly kind: "waiting"; readonly for: readonly string[] }
  /** Lost, and retried at that time. */
  | { readonly kind: "delayed"; readonly until: number }
  /** By these needs, which failed or are blocked themselves because of the causes. */
  | { readonly kind: "blocked"; readonly by: readonly string[]; readonly causes: readonly BlockCause[] }
  | {
      readonly kind: "active";
      readonly worker: string;
      readonly startedAt: number;
      readonly leaseUntil: number;
      readonly cancelling: boolean;
    };

export type FinishedBuild = Build &
  Result & {
    /** Null where it ended without having been claimed. */
    readonly worker: string | null;
    readonly startedAt: number | null;
    readonly finishedAt: number;
  };

export interface PackageRecord extends BuildKey {
  readonly outcome: Outcome;
  readonly finishedAt: number;
  /** Whether that failure still blocks what needs it. */
  readonly blocking: boolean;
  /** Of the last build that was `built`, in milliseconds; null: none yet. */
  readonly durationMs: number | null;
}
