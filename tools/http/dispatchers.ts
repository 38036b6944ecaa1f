import { Agent, ProxyAgent, Socks5ProxyAgent, type Dispatcher } from "undici";
import type { RetryLimits } from "./retry-limits.ts";
import { badProxy } from "./problems.ts";

/** The connections of a run: one set of pools for all that goes directly, one for each proxy. */
export class Dispatchers {
  readonly #retryLimits: RetryLimits;
  readonly #perHost: number;
  readonly #byProxy = new Map<string, Dispatcher>();

  constructor(retryLimits: RetryLimits, perHost: number) {
    this.#retryLimits = retryLimits;
    this.#perHost = perHost;
  }

  /** Throws SluiceError `bad-proxy` where there is no such way. */
  through(proxy: string): Dispatcher {
    let dispatcher = this.#byProxy.get(proxy);
    if (!dispatcher) {
      dispatcher = this.#open(proxy);
      this.#byProxy.set(proxy, dispatcher);
    }
    return dispatcher;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byProxy.values()].map((dispatcher) => dispatcher.destroy()));
    this.#byProxy.clear();
  }

  #open(proxy: string): Dispatcher {
    const { connect, stall } = this.#retryLimits;
    const timeouts = { connectTimeout: connect, headersTimeout: stall, bodyTimeout: stall };
    const options = { ...timeouts, connections: this.#perHost };
    if (proxy === "") return new Agent(options);
    if (!URL.canParse(proxy)) throw badProxy();
    const { protocol } = new URL(proxy);
    if (protocol === "http:" || protocol === "https:") return new ProxyAgent({ uri: proxy, ...options });
    if (protocol === "socks5:") return new Socks5ProxyAgent(proxy, options);
    throw badProxy();
  }
}
