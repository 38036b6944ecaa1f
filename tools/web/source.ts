import type {
  Build,
  BuildEvent,
  Failing,
  Overview,
  PackageView,
  QueueView,
  RepositoryView,
} from "./api/schemas.ts";

/** What the web interface asks of a manager; it knows nothing else. All of it only reads. */
export interface Source {
  /** The package repository's, as in pacman.conf. */
  readonly name: string;
  overview(): Promise<Overview>;
  /** Undefined: main has no such package, and none is published. */
  package(pkgbase: string): Promise<PackageView | undefined>;
  failing(): Promise<readonly Failing[]>;
  queue(): Promise<QueueView>;
  repository(): Promise<RepositoryView>;
  /** What is measured, as far as `overview` doesn't say it. */
  measures(): Promise<readonly Measure[]>;
  /** Finished ones, the latest first. */
  builds(query: { readonly pkgbase?: string; readonly limit: number }): Promise<readonly Build[]>;
  build(id: number): Promise<Build | undefined>;
  /** Undefined: there is no log of it, not yet or not any more. */
  log(id: number): Promise<LogSource | undefined>;
  /**
   * Each new event, after that sequence number where it is given, until `signal` aborts. `missed` where some in
   * between aren't kept any more: then all is to be read anew.
   */
  events(after: number | undefined, signal: AbortSignal): AsyncIterable<BuildEvent | "missed">;
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
  /** How many lines end before that byte. */
  linesBefore(offset: number): Promise<number>;
  /** What is written from that byte on, until the build has ended or `signal` aborts, a piece as it is asked for. */
  follow(from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
