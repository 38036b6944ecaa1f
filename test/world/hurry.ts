import type { RetryLimits } from "../../tools/http/retry-limits.ts";

/** Tries as often as in production, without the long waits in between. A slow machine reaches no limit. */
export const hurry: RetryLimits = {
  attempts: 3,
  backoff: 10,
  connect: 120_000,
  stall: 120_000,
  total: 300_000,
  longestWait: 1500,
  failures: 8,
};

/** The same for a server that is silent: it is given up soon. undici looks at the clock once a second. */
export const impatient: RetryLimits = { ...hurry, stall: 500 };
