import { setTimeout as sleep } from "node:timers/promises";
import { lineOf, type Offers } from "../../queue/bullmq/offers.ts";
import type { Build, Queue, ReadyQuery } from "../../queue/queue.ts";
import { releaseArch } from "../releases/record/release-key.ts";
import { deal, isFree, takes, takesJobs, type Builder, type Roster } from "./roster.ts";

/** Retries become due without an event, and builders silent. */
const lookEveryMs = 500;

const tellEveryMs = 2000;

/** What changes in that time is looked at together: of a thousand builders a few hundred change in each second. */
const gatherMs = 10;

/** An offer that nobody has taken in that part of a lease is made again. */
export const offersPerLease = 4;

interface Outstanding {
  readonly build: Build;
  /** The class of the line that it is in. */
  readonly line: string;
  readonly since: number;
}

export interface OfferingOptions {
  readonly queue: Queue;
  readonly offers: Pick<Offers, "offer" | "withdraw">;
  readonly roster: Roster;
  /** Milliseconds. */
  readonly now: () => number;
  /** An offer that nobody has taken in a quarter of that is made again: it may have been lost. */
  readonly leaseMs: number;
  /** Is told from time to time who lives. */
  readonly living: (builders: readonly Builder[]) => Promise<void>;
  readonly troubled: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * Offers ready builds to builders that are free for them, in the queue's order, and never more than they have room
 * for: so what is urgent is next, and what no builder takes holds up nothing.
 */
export class Offering {
  readonly #options: OfferingOptions;
  readonly #outstanding = new Map<string, Outstanding>();
  #wake: (() => void) | undefined;
  #isDue = true;
  #told = Number.NEGATIVE_INFINITY;

  constructor(options: OfferingOptions) {
    this.#options = options;
  }

  /** Something has changed: a builder is free, or a build ready. */
  look(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  /** A builder has asked for it. */
  taken({ id, losses }: Pick<Build, "id" | "losses">): void {
    this.#outstanding.delete(`${id}-${losses}`);
  }

  /** Goes on until the signal; errors of Redis are reported, and it is tried again. */
  async run(): Promise<void> {
    const { queue, signal, troubled } = this.#options;
    const { seq } = await queue.state([]);
    const following = this.#follow(seq);
    while (!signal.aborted) {
      this.#isDue = false;
      try {
        await this.#tellLiving();
        await this.#offerReady();
      } catch (error) {
        troubled(error);
        await sleep(1000, undefined, { signal }).catch(() => undefined);
      }
      await this.#nextChange();
      await sleep(gatherMs, undefined, { signal }).catch(() => undefined);
    }
    await following;
  }

  async #tellLiving(): Promise<void> {
    const { roster, living, now } = this.#options;
    if (now() - this.#told < tellEveryMs) return;
    this.#told = now();
    await living(roster.living());
  }

  async #follow(after: number): Promise<void> {
    const { queue, signal } = this.#options;
    for await (const event of queue.events({ after, signal })) {
      if (event.kind !== "claimed") this.look();
    }
  }

  async #nextChange(): Promise<void> {
    if (this.#isDue || this.#options.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#options.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, lookEveryMs);
      this.#options.signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }

  async #offerReady(): Promise<void> {
    await this.#takeBack();
    const { queue, roster } = this.#options;
    const drained = new Set((await queue.drained()).map(({ worker }) => worker));
    const free = roster.living().filter((builder) => isFree(builder) && !drained.has(builder.name));
    // First: few builders take them, and a mass rebuild isn't kept from the others for long.
    await this.#offerTo(free, releaseArch, takesJobs);
    for (const arch of new Set(free.map((builder) => builder.arch))) {
      const builders = free.filter((builder) => builder.arch === arch);
      await this.#offerTo(builders, arch, takes);
    }
  }

  /** Offers builds for one architecture to those that are free and build for it, or the jobs of releases to all. */
  async #offerTo(
    builders: readonly Builder[],
    arch: string,
    takesOf: (builder: Builder) => Pick<ReadyQuery, "classes" | "classOnly">,
  ): Promise<void> {
    const room = builders.reduce((sum, { jobs, held }) => sum + jobs - held.size, 0);
    const outstanding = [...this.#outstanding.values()].filter(
      ({ build }) => arch === releaseArch || build.arch === arch,
    );
    if (room <= outstanding.length) return;
    const wanted = builders.map(takesOf);
    const ready = await this.#options.queue.ready({
      archs: [arch],
      classes: [...new Set(wanted.flatMap(({ classes }) => classes))],
      classOnly: wanted.every(({ classOnly }) => classOnly),
      limit: room + outstanding.length,
    });
    const fresh = ready.filter((build) => !this.#outstanding.has(keyOf(build)));
    const lines = deal(fresh, builders, countByLine(outstanding));
    const byLine = new Map<string, Build[]>();
    for (const [at, build] of fresh.entries()) {
      const line = lines[at];
      if (line === undefined) continue;
      const together = byLine.get(line) ?? [];
      together.push(build);
      byLine.set(line, together);
    }
    for (const [line, builds] of byLine) await this.#offer(arch, line, builds);
  }

  async #offer(arch: string, line: string, builds: readonly Build[]): Promise<void> {
    const { offers, now } = this.#options;
    // Before it is made: it may be taken before this goes on.
    for (const build of builds) this.#outstanding.set(keyOf(build), { build, line, since: now() });
    try {
      const made = builds.map(({ id, losses }) => ({ build: id, losses }));
      await offers.offer(lineOf(arch, line), made);
    } catch (error) {
      for (const build of builds) this.#outstanding.delete(keyOf(build));
      throw error;
    }
  }

  /** What nobody took in time, so that another builder gets it, or this one once more. */
  async #takeBack(): Promise<void> {
    const { offers, now, leaseMs } = this.#options;
    for (const [key, { build, line, since }] of this.#outstanding) {
      if (now() - since < leaseMs / offersPerLease) continue;
      await offers.withdraw(lineOf(build.arch, line), { build: build.id, losses: build.losses });
      this.#outstanding.delete(key);
    }
  }
}

function countByLine(outstanding: readonly Outstanding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { line } of outstanding) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

const keyOf = ({ id, losses }: Pick<Build, "id" | "losses">): string => `${id}-${losses}`;
