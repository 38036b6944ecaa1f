import type { RetryLimits } from "../../tools/http/retry-limits.ts";

/** Tries as often as in earnest, without the long waits between. */
export const hurry: RetryLimits = {
  attempts: 3,
  backoff: 10,
  connect: 2000,
  // undici looks at the clock once a second.
  stall: 500,
  total: 5000,
  longestWait: 1500,
  failures: 8,
};
