import type { Clock } from "./clock.ts";
import type { HttpOptions } from "./http.ts";
import type { RetryLimits } from "./retry-limits.ts";
import { leftAlone } from "./problems.ts";

interface Host {
  readonly name: string;
  readonly waiting: Turn[];
  underWay: number;
  /** The time of the next start. */
  notBefore: number;
  /** A start is planned for that time. */
  isTimed: boolean;
  /** What it has asked for in all. */
  waited: number;
  failures: number;
  /** Why nothing is asked of it any more. */
  refusal: { readonly why: string; readonly asked: number | undefined } | undefined;
}

interface Turn {
  readonly begin: () => void;
  readonly refuse: (error: unknown) => void;
}

/** Who may ask when: the places of a run and of each host, the delay between starts, and whom to leave alone. */
export class HostLimits {
  readonly #limits: Pick<HttpOptions, "parallel" | "perHost" | "delaySeconds">;
  readonly #retryLimits: Pick<RetryLimits, "longestWait" | "failures">;
  readonly #clock: Clock;
  readonly #hosts = new Map<string, Host>();
  /** Those with somebody waiting; whose turn it is comes first. */
  readonly #queue = new Set<Host>();
  #underWay = 0;

  constructor(
    limits: Pick<HttpOptions, "parallel" | "perHost" | "delaySeconds">,
    retryLimits: Pick<RetryLimits, "longestWait" | "failures">,
    clock: Clock,
  ) {
    this.#limits = limits;
    this.#retryLimits = retryLimits;
    this.#clock = clock;
  }

  /** Runs `task` when its turn has come. Throws SluiceError `unavailable` where the host is left alone. */
  async underCloneLock<T>(name: string, task: () => Promise<T>): Promise<T> {
    const host = this.#host(name);
    await new Promise<void>((begin, refuse) => {
      if (host.refusal) return refuse(leftAlone(name, host.refusal.why, host.refusal.asked));
      host.waiting.push({ begin, refuse });
      this.#queue.add(host);
      this.#start();
    });
    try {
      return await task();
    } finally {
      host.underWay--;
      this.#underWay--;
      this.#start();
    }
  }

  answered(name: string): void {
    this.#host(name).failures = 0;
  }

  /** `asked`: for how many milliseconds the host wants to be left alone; all behind it wait, too. */
  failed(name: string, why: string, asked?: number): void {
    const host = this.#host(name);
    host.failures++;
    if (asked !== undefined) this.#pause(host, asked);
    const isOver = host.failures >= this.#retryLimits.failures || host.waited > this.#retryLimits.longestWait;
    if (isOver) this.#leaveAlone(host, why, asked);
  }

  isLeftAlone(name: string): boolean {
    return this.#host(name).refusal !== undefined;
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name);
    if (!host) {
      const fresh = { underWay: 0, notBefore: 0, isTimed: false, waited: 0, failures: 0, refusal: undefined };
      host = { name, waiting: [], ...fresh };
      this.#hosts.set(name, host);
    }
    return host;
  }

  #start(): void {
    for (const host of this.#queue) {
      if (this.#underWay >= this.#limits.parallel) return;
      if (host.underWay >= this.#limits.perHost) continue;
      const now = this.#clock.now();
      if (host.notBefore > now) {
        void this.#startAt(host, host.notBefore - now);
        continue;
      }
      host.underWay++;
      this.#underWay++;
      host.notBefore = now + this.#limits.delaySeconds * 1000;
      host.waiting.shift()!.begin();
      // To the queue's end, so that a host with thousands of packages doesn't keep the others waiting.
      this.#queue.delete(host);
      if (host.waiting.length > 0) this.#queue.add(host);
    }
  }

  #pause(host: Host, milliseconds: number): void {
    const now = this.#clock.now();
    const until = now + milliseconds;
    // Of several answers that ask for the same wait, all but the first add nothing to it.
    host.waited += Math.max(0, until - Math.max(now, host.notBefore));
    host.notBefore = Math.max(host.notBefore, until);
  }

  async #startAt(host: Host, wait: number): Promise<void> {
    if (host.isTimed) return;
    host.isTimed = true;
    await this.#clock.sleep(wait);
    host.isTimed = false;
    this.#start();
  }

  #leaveAlone(host: Host, why: string, asked: number | undefined): void {
    host.refusal ??= { why, asked };
    this.#queue.delete(host);
    for (const { refuse } of host.waiting.splice(0)) {
      refuse(leftAlone(host.name, host.refusal.why, host.refusal.asked));
    }
  }
}
