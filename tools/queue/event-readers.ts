import type { Outcome } from "./outcome.ts";
import type { Build, Queue } from "./queue.ts";
import type { QueueEvent } from "./events.ts";
import type { AskingPipeline, BuildKey } from "./submission.ts";

/**
 * Durable places in the history of events, one for each reader, such as a chat that gets notifications. An event is
 * read at least once: after a crash, those since the last `markRead` are read again. Nothing is stored twice.
 */
export interface EventReaders {
  /**
   * What this reader has not read yet, oldest first. A new reader begins with what happens from now on.
   * Undefined: another process reads for it, as long as that one's lease holds.
   */
  unread(reader: string, lease: ReaderLease): Promise<readonly UnreadEvent[] | undefined>;

  /** False: another process reads for it now, and nothing was changed. */
  markRead(reader: string, lease: ReaderLease, read: ReadEvents): Promise<boolean>;

  /** Every reader there ever was, by name. */
  readers(): Promise<readonly ReaderState[]>;

  /** The last build of each package that this pipeline's commit asked for, in the order in which they were queued. */
  pipelineBuilds(commit: string): Promise<readonly PipelineBuild[]>;

  /**
   * Notes which updates wait for a person: all that do now. There is an event for each that wasn't among those that were
   * noted last for this repository and architecture.
   */
  noteReviews(of: Pick<BuildKey, "target" | "arch">, open: readonly OpenReview[]): Promise<void>;

  /** Counts that only grow, since the queue was made. */
  totals(): Promise<readonly Total[]>;

  /** Adds to counts of what doesn't happen in the queue. */
  addTotals(more: readonly Total[]): Promise<void>;
}

/** A queue whose events others read, each from where it stopped. */
export interface ObservedQueue extends Queue, EventReaders {}

export interface ReaderLease {
  /** Which process reads, unique among those that run. */
  readonly owner: string;
  /** For how long it keeps others from reading; each call renews it. Milliseconds. */
  readonly leaseMs: number;
}

export interface UnreadEvent {
  readonly event: QueueEvent;
  /** The build that it is about, as it is now; undefined where it is about none, or that one is forgotten. */
  readonly build: EventBuild | undefined;
}

export interface EventBuild extends Build {
  readonly worker: string | null;
}

export interface PipelineBuild {
  readonly pkgbase: string;
  readonly pipeline: AskingPipeline;
  readonly status: "waiting" | "active" | Outcome;
}

export interface OpenReview {
  readonly pkgbase: string;
  /** Another one where upstream has something newer. */
  readonly branch: string;
  readonly url: string | null;
  readonly message: string;
}

export interface ReadEvents {
  /** All events up to this number are read. */
  readonly upTo: number;
  /** So are these later ones. */
  readonly besides: readonly number[];
  /** How many messages went out with it, for the counts. */
  readonly sent: number;
  /** How many were refused for good. */
  readonly refused: number;
}

export interface ReaderState {
  readonly reader: string;
  readonly upTo: number;
  /** Since when its oldest unread event waits, in milliseconds since 1970; null: it has read all. */
  readonly behindSince: number | null;
  /** Until when a process reads for it; long ago: nobody does any more. */
  readonly leaseUntil: number;
}

/** Of histograms, in seconds; what is longer counts as `+Inf`. */
export const durationBuckets = [
  0.1, 0.5, 1, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400,
] as const;

/**
 * A count by name and labels. Histograms are two names: `NAME_bucket` with the label `le` (each bucket by itself, not
 * cumulated), and `NAME_sum` in seconds.
 */
export interface Total {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
