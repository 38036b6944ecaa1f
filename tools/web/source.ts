import type { z } from "zod";
import type { FoundPackages, Overview, PackageView, RepositoryView } from "./api/package-schemas.ts";
import type {
  actionAnswer,
  askedAction,
  tokenHolder,
  Build,
  BuildEvent,
  Builder,
  DatedFailing,
  Namcap,
  QueueView,
  Reviews,
  ShownReview,
} from "./api/schemas.ts";

/** Who may change something, and the changing of it. */
export interface Actions {
  /** Undefined: nobody's. */
  holder(token: string): Promise<TokenHolder | undefined>;
  act(by: TokenHolder, asked: z.infer<typeof askedAction>): Promise<z.infer<typeof actionAnswer>>;
}

export type TokenHolder = z.infer<typeof tokenHolder>;

/** What the web interface asks of a manager; it knows nothing else. All of it only reads. */
export interface Source {
  /** The package repository's, as in pacman.conf. */
  readonly name: string;
  overview(): Promise<Overview>;
  /** Those of main and those that are published whose name has `search` in it, at most `limit` of them. */
  packages(query: { readonly search: string; readonly limit: number }): Promise<FoundPackages>;
  /** Undefined: main has no such package, and none is published. */
  package(pkgbase: string): Promise<PackageView | undefined>;
  failing(): Promise<readonly DatedFailing[]>;
  queue(): Promise<QueueView>;
  repository(): Promise<RepositoryView>;
  /** What is measured, as far as `overview` doesn't say it. */
  measures(): Promise<readonly Measure[]>;
  builders(): Promise<readonly Builder[]>;
  /** What waits for a person, worst first. */
  reviews(): Promise<Reviews>;
  /** Undefined: nothing of it waits. */
  review(pkgbase: string): Promise<ShownReview | undefined>;
  /** Finished ones, the latest first. */
  builds(query: { readonly pkgbase?: string; readonly limit: number }): Promise<readonly Build[]>;
  build(id: number): Promise<Build | undefined>;
  /** What namcap says of its packages. Undefined: it made none, or that isn't known any more. */
  namcap(id: number): Promise<Namcap | undefined>;
  /** How many of the builds that are remembered ended well, and how many didn't. */
  totals(): Promise<{ readonly succeeded: number; readonly failed: number }>;
  /** Undefined: there is no log of it, not yet or not any more. */
  log(id: number): Promise<LogSource | undefined>;
  /**
   * Each new event, after that sequence number where it is given, until `signal` aborts. `missed` where some in
   * between aren't kept any more: then all is to be read anew.
   */
  events(after: number | undefined, signal: AbortSignal): AsyncIterable<BuildEvent | "missed">;
}

/** A package repository of the same manager, with pages of its own. */
export interface Site {
  /** From this one's overview to that one's, such as `repositories/games/`. */
  readonly path: string;
  readonly source: Pick<Source, "name" | "builds" | "build" | "log" | "queue">;
}

/** A figure for Prometheus. Buckets of histograms are cumulated. */
export interface Measure {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly values: readonly {
    /** `_bucket`, `_sum` or `_count` of a histogram. */
    readonly part?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/** The log of one build: bytes that only grow. */
export interface LogSource {
  size(): Promise<number>;
  /** At most `length` bytes; fewer at the end. */
  read(from: number, length: number): Promise<Uint8Array>;
  /** When it grew: from that byte on, at that time in milliseconds since 1970. In order, to the second. */
  times(): Promise<readonly (readonly [from: number, at: number])[]>;
  /** What is written from that byte on, until the build has ended or `signal` aborts, a piece as it is asked for. */
  follow(from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
