import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError, systemCode } from "../errors.ts";
import { timeoutSignal } from "../timeout-signal.ts";
import { readAnswer, unavailable } from "./answers.ts";
import type { ForgeKind } from "./forge.ts";

/** How long one request to a forge may take; milliseconds. */
export interface RetryLimits {
  /** For one attempt, its answer's body included. */
  readonly timeout: number;
  /** Before each further attempt after an outage; their number is that of further attempts. */
  readonly pauses: readonly number[];
  /** The longest wait that a rate limit may ask for; a longer one is the caller's to plan with. */
  readonly longestWait: number;
}

export const defaultRetryLimits: RetryLimits = {
  timeout: 30_000,
  pauses: [500, 2000, 5000],
  longestWait: 10_000,
};

/** What both clients send their requests through. */
export type ForgeFetch = (input: string | URL, init: RequestInit) => Promise<Response>;

/**
 * A fetch that answers with a success or throws one of the SluiceErrors that `Forge` promises. It waits out short
 * rate limits, tries reading again after an outage, and writing only where nothing can have arrived. Nothing is
 * sent to any other address than the forge's, because every request carries the token.
 */
export function forgeFetch(
  kind: ForgeKind,
  forge: { readonly apiUrl: string; readonly project: string; readonly token: string },
  retryLimits: RetryLimits,
): ForgeFetch {
  return async (input, init) => {
    const url = new URL(input);
    if (!`${url.origin}${url.pathname}`.startsWith(`${forge.apiUrl}/`)) throw elsewhere(url);
    const reads = (init.method ?? "GET") === "GET";
    let waited = false;
    for (let attempt = 0; ; attempt++) {
      const outcome = await tryOnce(url, init, retryLimits.timeout);
      if (outcome.kind === "answered") {
        const answer = readAnswer(kind, forge, outcome);
        if (answer.kind === "success") return outcome.response;
        if (answer.kind === "refused") throw answer.error;
        if (answer.kind === "limited") {
          const wait = (answer.retryAfter ?? 60) * 1000;
          if (waited || wait > retryLimits.longestWait)
            throw unavailable(url, answer.message, answer.retryAfter);
          waited = true;
          await sleep(wait);
          continue;
        }
        if (!reads || attempt >= retryLimits.pauses.length) {
          throw unavailable(url, answer.message, answer.retryAfter);
        }
      } else if (!(reads || outcome.neverArrived) || attempt >= retryLimits.pauses.length) {
        throw unavailable(url, outcome.message, undefined);
      }
      await sleep(retryLimits.pauses[attempt]);
    }
  };
}

type Outcome =
  | { readonly kind: "answered"; readonly response: Response; readonly body: string }
  | { readonly kind: "failed"; readonly message: string; readonly neverArrived: boolean };

async function tryOnce(url: URL, init: RequestInit, timeout: number): Promise<Outcome> {
  try {
    // A redirect would take the token along to wherever it points.
    const signal = timeoutSignal(timeout);
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    const body = await response.text();
    const { status, headers } = response;
    const content = body === "" ? null : body;
    return { kind: "answered", response: new Response(content, { status, headers }), body };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // fetch says only "fetch failed" and keeps the system's error as the cause.
    const code = systemCode(error.cause) ?? systemCode(error);
    const message = error.name === "TimeoutError" ? `no answer in ${timeout / 1000} seconds` : code;
    return {
      kind: "failed",
      message: message ?? "the connection broke",
      neverArrived: ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"].includes(
        code ?? "",
      ),
    };
  }
}

function elsewhere(url: URL): SluiceError {
  return new SluiceError("forge-refused", `the forge pointed to another address: ${url.origin}`, {
    hint: "Check the address of the forge's API; the token was not sent there.",
    exitCode: 1,
  });
}
