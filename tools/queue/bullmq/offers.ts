import { setTimeout as sleep } from "node:timers/promises";
import type * as bullmq from "bullmq";
import type { Redis } from "ioredis";
import type { SluiceError } from "../../errors.ts";
import { connectionOptions, prefix, redisTrouble } from "./connection.ts";
import type { RedisAddress } from "./redis-address.ts";

/**
 * A build that a builder may ask the manager for. Nothing else is in Redis: who gets a build is decided where
 * builds are claimed, so what is lost in Redis is offered again, and what strangers write there does no harm.
 */
export interface Offer {
  /** The build's id. */
  readonly build: number;
  /** How often it was lost before: a build that is tried again is a new offer. */
  readonly losses: number;
}

/** The manager's end. Every method throws a SluiceError `redis` where Redis can't be reached. */
export interface Offers {
  /** Offers builds in one line, ahead of nobody: they are taken in the order in which they were offered. */
  offer(line: string, offers: readonly Offer[]): Promise<void>;
  /** Takes back what no builder has begun to ask for. */
  withdraw(line: string, offer: Offer): Promise<void>;
  /** How Redis is; undefined: it doesn't answer within a second. */
  health(): Promise<RedisHealth | undefined>;
  close(): Promise<void>;
}

export interface RedisHealth {
  /** How much memory it uses; null: this user isn't told. */
  readonly usedBytes: number | null;
}

/** The line in which builders of one architecture and class wait. */
export function lineOf(arch: string, buildClass: string): string {
  return `${arch}.${buildClass}`;
}

const idOf = ({ build, losses }: Offer): string => `${build}-${losses}`;

export async function openOffers(
  address: RedisAddress,
  troubled: (error: SluiceError) => void,
): Promise<Offers> {
  const { Queue } = await load();
  const lines = new Map<string, bullmq.Queue>();
  const connection = await connectionOptions(address, false);
  let client: Redis | undefined;

  function lineCalled(name: string): bullmq.Queue {
    const known = lines.get(name);
    if (known) return known;
    const queue = new Queue(name, { connection, prefix, skipVersionCheck: true });
    queue.on("error", (error) => troubled(redisTrouble(error)));
    lines.set(name, queue);
    return queue;
  }

  return {
    async offer(line, offers) {
      const queue = lineCalled(line);
      const jobs = offers.map((offer) => ({
        name: "offer",
        data: offer,
        opts: { jobId: idOf(offer), removeOnComplete: true, removeOnFail: true },
      }));
      await explained(() => queue.addBulk(jobs));
    },
    async withdraw(line, offer) {
      const queue = lineCalled(line);
      // A builder that has it just now answers for it; then it isn't removed.
      await explained(() => queue.remove(idOf(offer)));
    },
    async health() {
      client ??= await openClient(address);
      return Promise.race([askHealth(client), sleep(1000, undefined, { ref: false })]);
    },
    close: async () => {
      client?.disconnect();
      await Promise.allSettled([...lines.values()].map((queue) => queue.close()));
    },
  };
}

async function openClient(address: RedisAddress): Promise<Redis> {
  const { Redis } = await import("ioredis");
  const client = new Redis(await connectionOptions(address, false));
  // Who offers says what is wrong; this only looks.
  client.on("error", () => undefined);
  return client;
}

async function askHealth(client: Redis): Promise<RedisHealth | undefined> {
  try {
    await client.ping();
  } catch {
    return undefined;
  }
  const info = await client.info("memory").catch(() => "");
  const used = /^used_memory:(\d+)/m.exec(info)?.[1];
  return { usedBytes: used === undefined ? null : Number(used) };
}

/** The builder's end. */
export interface OfferTaker {
  /** Takes no further offer, and resolves once those that were taken are dealt with. */
  close(): Promise<void>;
}

export interface TakeOptions {
  readonly lines: readonly string[];
  /** Offers dealt with at a time, per line. */
  readonly atOnce: number;
  /** How long an offer is a builder's that has died, in milliseconds. */
  readonly lockMs: number;
  readonly troubled: (error: SluiceError) => void;
  /** Resolves once the offer is dealt with; it never rejects. */
  readonly take: (offer: Offer) => Promise<void>;
}

/** Takes offers of these lines as they come. Without Redis it waits until there is one. */
export async function takeOffers(address: RedisAddress, options: TakeOptions): Promise<OfferTaker> {
  const { Worker } = await load();
  const { lockMs, atOnce, take, troubled } = options;
  const connection = await connectionOptions(address, true);
  const workers = options.lines.map((line) => {
    const worker = new Worker(line, (job) => dealWith(job.data), {
      connection,
      prefix,
      concurrency: atOnce,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: 3,
      // A Redis that was started anew knows a builder again once the manager has been there.
      runRetryDelay: 1000,
      skipVersionCheck: true,
    });
    worker.on("error", (error) => troubled(redisTrouble(error)));
    return worker;
  });

  async function dealWith(data: unknown): Promise<void> {
    const offer = readOffer(data);
    // Anybody with Redis' password may have put it there.
    if (offer) await take(offer);
  }

  return {
    close: async () => {
      await Promise.allSettled(workers.map((worker) => worker.close()));
    },
  };
}

function readOffer(data: unknown): Offer | undefined {
  const { build, losses } = (data ?? {}) as Partial<Record<keyof Offer, unknown>>;
  return isCount(build) && isCount(losses) ? { build, losses } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

async function explained<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw redisTrouble(error);
  }
}

/** Loaded when needed, since that takes a tenth of a second. */
function load(): Promise<typeof bullmq> {
  return import("bullmq");
}
