import type { RetryLimits } from "./retry-limits.ts";

/** An answer's status and headers, names in lower case. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Whether an answer says "not now" instead of answering. */
export function isNotNow({ status, headers }: AnswerHead): boolean {
  if (status === 403) return headers["retry-after"] !== undefined || isExhausted(headers);
  return (
    status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
  );
}

/**
 * For how many milliseconds the server wants to be left alone: `Retry-After` (RFC 9110, 10.2.3) in seconds or as a
 * date, or when an exhausted rate limit is filled up again, as GitHub and GitLab say it. Undefined where it says
 * nothing. Dates count from the server's own clock where it tells it.
 */
export function askedWait({ headers }: Pick<AnswerHead, "headers">, now: number): number | undefined {
  const serverNow = dateOf(headers["date"]) ?? now;
  const after = headers["retry-after"]?.trim();
  if (after !== undefined && /^\d+$/.test(after)) return Number(after) * 1000;
  const date = dateOf(after);
  if (date !== undefined) return Math.max(0, date - serverNow);
  const reset = headers["x-ratelimit-reset"] ?? headers["ratelimit-reset"];
  if (!isExhausted(headers) || reset === undefined || !/^\d+$/.test(reset)) return undefined;
  // Most say a time in seconds since 1970, some a number of seconds.
  const seconds = Number(reset);
  return seconds < 1_000_000_000 ? seconds * 1000 : Math.max(0, seconds * 1000 - serverNow);
}

/**
 * How many milliseconds to wait after attempt number `attempt`, counted from 1, came to nothing; undefined: give up.
 * `asked`: the wait that the server asked for, which is kept to in any case. `random`: from 0 to 1.
 */
export function waitAfter(
  attempt: number,
  asked: number | undefined,
  { attempts, backoff }: Pick<RetryLimits, "attempts" | "backoff">,
  random: number,
): number | undefined {
  if (attempt >= attempts) return undefined;
  return Math.max(backoff * 4 ** (attempt - 1) * (0.5 + random), asked ?? 0);
}

function isExhausted(headers: AnswerHead["headers"]): boolean {
  return (headers["x-ratelimit-remaining"] ?? headers["ratelimit-remaining"]) === "0";
}

function dateOf(text: string | undefined): number | undefined {
  // Date.parse takes far more for a date than HTTP does, plain numbers for one.
  if (text === undefined || !/^[A-Z][a-z]+,? /.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}
