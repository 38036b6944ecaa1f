/** How builds end. The queue and its users share what follows from it. */
const successes = ["built", "already-built", "skipped"] as const;
const failures = ["failed", "timed-out", "cancelled", "lost"] as const;

/** Every way in which a build ends. */
export const outcomes = [...successes, ...failures] as const;

/**
 * `already-built`: this very version is published. `skipped`: the recipe said that there is nothing to do
 * (exit code CI_CODE_SKIP). `lost`: the infrastructure failed, not the build.
 */
export type Outcome = (typeof outcomes)[number];

/** A failure that blocks the builds that need it, named by the package whose own build failed. */
export interface BlockCause {
  readonly pkgbase: string;
  readonly outcome: Outcome;
}

/** Begins the message of a failure where nothing was built at all: it would have been in vain. */
export const notStarted = "not started: ";

/** Whether what needs this build may go on. */
export function succeeded(outcome: Outcome): boolean {
  return (successes as readonly Outcome[]).includes(outcome);
}

/**
 * Why a failure is worth another try, which a recipe's own failure never is. `download`: a server didn't answer.
 * Otherwise it ran out of memory, and a larger class may have more.
 */
export type Retry = "download" | { readonly class: string };

/** What another try for that reason is: after how many milliseconds. Undefined: there were enough. */
export function delayAgain(retry: Retry, before: number): number | undefined {
  if (retry === "download") return [5000, 30_000][before];
  return before === 0 ? 0 : undefined;
}

/** How long to wait before a build that has been lost that many times is tried again, in milliseconds;
 * undefined: it has been tried often enough. */
export function retryDelay(losses: number): number | undefined {
  return losses > 3 ? undefined : 1000 * 4 ** (losses - 1);
}
