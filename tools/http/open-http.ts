import type { Dispatcher } from "undici";
import { timeoutSignal } from "../timeout-signal.ts";
import { SluiceError } from "../errors.ts";
import { firstStep, redirected, standInFor, type Step } from "./address.ts";
import { readBody } from "./body.ts";
import { systemClock, type Clock } from "./clock.ts";
import { Dispatchers } from "./dispatchers.ts";
import { HostLimits } from "./host-limits.ts";
import type { Http, HttpAnswer, HttpOptions, HttpRequest } from "./http.ts";
import { defaultRetryLimits, type RetryLimits } from "./retry-limits.ts";
import { badRedirect, badUrl, failureOf, tooLarge, unavailable } from "./problems.ts";
import { askedWait, isNotNow, waitAfter } from "./retry-policy.ts";

const defaultMaxBytes = 32 * 1024 * 1024;
const mostRedirects = 5;

type Consume<T> = (answer: HttpAnswer, body: AsyncIterable<Buffer>) => Promise<T>;

/** What one exchange with a server came to. */
type Outcome<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "moved"; readonly to: Step }
  | Failed;

interface Failed {
  readonly kind: "failed";
  readonly why: string;
  /** The wait that the server asked for; milliseconds. */
  readonly asked: number | undefined;
}

/** HTTP for one run; close it at its end. */
export function openHttp(
  options: HttpOptions,
  retryLimits: RetryLimits = defaultRetryLimits,
  clock: Clock = systemClock,
): Http {
  const limits = new HostLimits(options, retryLimits, clock);
  const dispatchers = new Dispatchers(retryLimits, options.perHost);

  async function stream<T>(url: string, request: HttpRequest, consume: Consume<T>): Promise<T> {
    let step = firstStep(url, request);
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const outcome = await askPatiently(step, request, consume);
      if (outcome.kind === "answered") return outcome.value;
      step = outcome.to;
    }
    throw badRedirect(step.url, `more than ${mostRedirects} redirects lead there`);
  }

  /** Until it's answered, or there is no more use in asking. */
  async function askPatiently<T>(
    step: Step,
    request: HttpRequest,
    consume: Consume<T>,
  ): Promise<Exclude<Outcome<T>, Failed>> {
    const { host } = step.url;
    for (let attempt = 1; ; attempt++) {
      const outcome = await limits.underCloneLock(host, async () => {
        const outcome = await askOnce(step, request, consume);
        if (outcome.kind === "failed") limits.failed(host, outcome.why, outcome.asked);
        else limits.answered(host);
        return outcome;
      });
      if (outcome.kind !== "failed") return outcome;
      const wait = waitAfter(attempt, outcome.asked, retryLimits, clock.random());
      if (wait === undefined || limits.isLeftAlone(host)) {
        throw unavailable(step.url, outcome.why, outcome.asked);
      }
      await clock.sleep(wait);
    }
  }

  async function askOnce<T>(step: Step, request: HttpRequest, consume: Consume<T>): Promise<Outcome<T>> {
    const dispatcher = dispatchers.through(request.proxy ?? "");
    const response = await send(dispatcher, step).catch(failedBy);
    if ("kind" in response) return response;
    const head = { status: response.statusCode, headers: joined(response.headers) };
    const notNow = isNotNow(head);
    const to =
      notNow || request.followRedirects === false
        ? undefined
        : redirected(step, head.status, head.headers["location"]);
    if (notNow || to) {
      await discard(response);
      if (to) return { kind: "moved", to };
      return { kind: "failed", why: `it answered ${head.status}`, asked: askedWait(head, clock.now()) };
    }
    const maxBytes = request.maxBytes ?? defaultMaxBytes;
    const encoded = step.method === "HEAD" ? { ...head, headers: {} } : head;
    const body = readBody(response.body, encoded, maxBytes, () => tooLarge(step.url, maxBytes));
    try {
      const value = await consume({ ...head, url: step.url.href }, body.chunks);
      // What came before the cut must not count as the whole.
      const failure = body.failure();
      return failure ? failedBy(failure.error) : { kind: "answered", value };
    } catch (error) {
      const failure = body.failure();
      if (failure) return failedBy(failure.error);
      throw error;
    } finally {
      if (!response.body.bodyUsed) await discard(response);
    }
  }

  function send(dispatcher: Dispatcher, step: Step): Promise<Dispatcher.ResponseData> {
    const target = standInFor(step.url, options.standIns);
    return dispatcher.request({
      origin: target.origin,
      path: target.pathname + target.search,
      method: step.method,
      headers: step.headers,
      body: step.body ?? null,
      signal: timeoutSignal(retryLimits.total),
    });
  }

  async function politely<T>(url: string, task: () => Promise<T>): Promise<T> {
    if (!URL.canParse(url)) throw badUrl(url);
    const { host } = new URL(url);
    return limits.underCloneLock(host, async () => {
      try {
        const value = await task();
        limits.answered(host);
        return value;
      } catch (error) {
        if (error instanceof SluiceError && error.code === "unavailable") limits.failed(host, error.message);
        throw error;
      }
    });
  }

  return {
    stream,
    politely,
    close: () => dispatchers.close(),
    fetch: (url, request = {}) =>
      stream(url, request, async (answer, chunks) => {
        const parts: Buffer[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        return { ...answer, body: Buffer.concat(parts) };
      }),
  };
}

/** Throws what is no connection's failure. */
function failedBy(error: unknown): Failed {
  const why = failureOf(error);
  if (why === undefined) throw error;
  return { kind: "failed", why, asked: undefined };
}

/** A short body is read to its end, so that its connection can be used again. */
async function discard(response: Dispatcher.ResponseData): Promise<void> {
  await response.body.dump().catch(() => undefined);
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer["headers"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}
