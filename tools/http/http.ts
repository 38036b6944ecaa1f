/**
 * Polite HTTP for polling thousands of upstreams. One instance serves one run: it keeps to `parallel` requests in
 * all and `perHost` to one host, waits `delaySeconds` between two starts at one host, and leaves a host that keeps
 * failing alone until the run ends.
 *
 * An answer is whatever the server decided, 404 and 403 included. Asked again, with backoff and jitter and never
 * before Retry-After, are answers that say "not now": 408, 425, 429, 5xx, and 403 with a Retry-After or an
 * exhausted rate limit; so are connections that fail, stall or end halfway. What still fails is a SluiceError
 * `unavailable` (exit 1) with the fact `host`, and `retryAfter` in seconds where the server said so. A wait longer
 * than the run should take isn't begun: the host is left alone instead, and so is everything behind it.
 *
 * Redirects are followed, at most five, never from https to http; `authorization` doesn't go along to another
 * origin. Errors hold no headers and no URL credentials.
 */
export interface Http {
  /** The whole answer in memory. Throws SluiceError `unavailable`, or `too-large` beyond `maxBytes`. */
  fetch(url: string, request?: HttpRequest): Promise<HttpAnswer & { readonly body: Buffer }>;

  /**
   * Hands the body on as it comes, decoded as Content-Encoding says. `consume` is called again from the start where a
   * connection ends halfway and the request is tried again.
   */
  stream<T>(
    url: string,
    request: HttpRequest,
    consume: (answer: HttpAnswer, body: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T>;

  /**
   * Does something else that talks to a host, such as `git fetch`, under the same limits. It is tried once; a
   * SluiceError `unavailable` that it throws counts against the host.
   */
  politely<T>(url: string, task: () => Promise<T>): Promise<T>;

  /** Ends idle connections, so that the process can end. */
  close(): Promise<void>;
}

export interface HttpRequest {
  readonly method?: "GET" | "HEAD" | "POST";
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** `http://`, `https://` or `socks5://`; empty or undefined: none. */
  readonly proxy?: string | undefined;
  /** 32 MiB unless said otherwise; counted after decoding. */
  readonly maxBytes?: number;
  /** false: the first answer counts, also where it redirects. */
  readonly followRedirects?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Where it came from, after redirects. */
  readonly url: string;
}

export interface HttpOptions {
  /** CI_MAX_PARALLEL: requests under way at once, over all hosts. */
  readonly parallel: number;
  /** Requests under way at once to one host. */
  readonly perHost: number;
  /** CI_CLONE_DELAY: seconds between the starts of two requests to one host. */
  readonly delaySeconds: number;
  /** Other servers to ask in place of origins (`https://aur.archlinux.org` → `http://127.0.0.1:4711`), for tests. */
  readonly standIns?: Readonly<Record<string, string>>;
}
