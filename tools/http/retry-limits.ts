/** The limits of one run. All but the numbers of attempts and failures are milliseconds. */
export interface RetryLimits {
  /** How often a request is tried in all. */
  readonly attempts: number;
  /** Before the second attempt, give or take half of it; before each further one four times as long. */
  readonly backoff: number;
  /** Until a connection is made. */
  readonly connect: number;
  /** Until an answer begins, and between two parts of it. */
  readonly stall: number;
  /** For one answer in all. */
  readonly total: number;
  /** What one host may ask the run to wait in all. */
  readonly longestWait: number;
  /** After so many failed attempts in a row, without any answer in between, a host is left alone. */
  readonly failures: number;
}

export const defaultRetryLimits: RetryLimits = {
  attempts: 3,
  backoff: 1000,
  connect: 10_000,
  stall: 30_000,
  total: 300_000,
  longestWait: 120_000,
  failures: 8,
};
