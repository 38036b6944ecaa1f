import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { RedisServer } from "../../../test/world/redis.ts";
import { queueContract } from "../contract.ts";
import type { Claim, Queue, Worker } from "../queue.ts";
import { openSqliteQueue } from "../sqlite/sqlite.ts";
import { openOffers, takeOffers, type Offer, type Offers, type OfferTaker } from "./offers.ts";
import { redisAddress, type RedisAddress } from "./redis-address.ts";

const missing = missingPrograms("redis-server", "redis-cli").join(", ");

describe.skipIf(missing !== "")(
  `builds that are offered on Redis (needs ${missing || "nothing more"})`,
  () => {
    let redis: RedisServer;
    let address: RedisAddress;
    let offers: Offers;
    let lines = 0;
    const unexpected: Error[] = [];
    beforeAll(async () => {
      redis = await RedisServer.start();
      address = redisAddress(redis.env)!;
      offers = await openOffers(address, (error) => unexpected.push(error));
    });
    afterAll(async () => {
      await offers.close();
      await redis.close();
    });

    /** A worker's end of a line: gives what it took, one after the other. */
    async function open(line: string): Promise<{ next(): Promise<Offer>; close(): Promise<void> }> {
      const taken: Offer[] = [];
      const waiting: ((offer: Offer) => void)[] = [];
      const taker: OfferTaker = await takeOffers(address, {
        lines: [line],
        atOnce: 1,
        lockMs: 10_000,
        troubled: (error) => unexpected.push(error),
        take: async (offer) => {
          const first = waiting.shift();
          if (first) first(offer);
          else taken.push(offer);
        },
      });
      return {
        next: () => {
          const first = taken.shift();
          return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
        },
        close: () => taker.close(),
      };
    }

    describe("keep the queue's contract", () => {
      queueContract(async () => {
        const folder = mkdtempSync(join(tmpdir(), "sluice-queue-"));
        return {
          open: async (now) => {
            const line = `contract.${lines++}`;
            const end = await open(line);
            return offered(await openSqliteQueue(join(folder, "queue.db"), now), line, end);
          },
          destroy: async () => rmSync(folder, { recursive: true }),
        };
      });
    });

    /** A queue whose builds go through Redis before they are claimed. */
    function offered(queue: Queue, line: string, end: Awaited<ReturnType<typeof open>>): Queue {
      async function claim(worker: Worker): Promise<Claim | undefined> {
        if (worker.builds) return queue.claim(worker);
        for (;;) {
          // Nothing is offered to a builder that is drained.
          if ((await queue.drained()).some((one) => one.worker === worker.worker)) return undefined;
          const [build] = await queue.ready({ ...worker, limit: 1 });
          if (!build) return undefined;
          const { build: id } = await throughRedis({ build: build.id, losses: build.losses });
          const claimed = await queue.claim({ ...worker, builds: [id] });
          // Another may have been quicker.
          if (claimed) return claimed;
        }
      }

      /** As long as its last taker hasn't said that it is done with it, an offer isn't made anew. */
      async function throughRedis(offer: Offer): Promise<Offer> {
        const next = end.next();
        for (;;) {
          await offers.offer(line, [offer]);
          const taken = await Promise.race([next, sleep(20, undefined)]);
          if (taken) return taken;
        }
      }

      const close = async (): Promise<void> => {
        await end.close();
        await queue.close();
      };
      return {
        claim,
        close,
        submit: (submission) => queue.submit(submission),
        ready: (query) => queue.ready(query),
        keepAlive: (held) => queue.keepAlive(held),
        claimed: (held) => queue.claimed(held),
        renew: (workers) => queue.renew(workers),
        abandon: (worker) => queue.abandon(worker),
        finish: (held, result) => queue.finish(held, result),
        release: (key, needs) => queue.release(key, needs),
        cancel: (key, message) => queue.cancel(key, message),
        hold: (key, why) => queue.hold(key, why),
        drain: (name, why) => queue.drain(name, why),
        forget: (before) => queue.forget(before),
        drained: () => queue.drained(),
        taken: (of) => queue.taken(of),
        removals: () => queue.removals(),
        removed: (id) => queue.removed(id),
        removalFailed: (id, message) => queue.removalFailed(id, message),
        state: (only) => queue.state(only),
        history: (query) => queue.history(query),
        packages: () => queue.packages(),
        events: (from) => queue.events(from),
      };
    }

    test("nothing is in Redis but the numbers of what is offered, and nothing once it was taken", async () => {
      await offers.offer("x86_64.2", [{ build: 7, losses: 1 }]);
      expect(redis.command("HGET", "sluice:x86_64.2:7-1", "data")).toBe('{"build":7,"losses":1}');
      const end = await open("x86_64.2");
      expect(await end.next()).toEqual({ build: 7, losses: 1 });
      await end.close();
      expect(redis.command("EXISTS", "sluice:x86_64.2:7-1")).toBe("0");
    });

    test("an offer that is taken back is nobody's, and may be made again", async () => {
      const offer = { build: 8, losses: 0 };
      await offers.offer("x86_64.3", [offer, { build: 9, losses: 0 }]);
      await offers.withdraw("x86_64.3", offer);
      const end = await open("x86_64.3");
      expect(await end.next()).toEqual({ build: 9, losses: 0 });
      await offers.offer("x86_64.3", [offer]);
      expect(await end.next()).toEqual(offer);
      await end.close();
    });

    test("garbage in a line is passed over, and what was offered is there again after everything was lost", async () => {
      const end = await open("x86_64.4");
      const { Queue } = await import("bullmq");
      const connection = { host: address.host, port: address.port, password: address.password! };
      const stranger = new Queue("x86_64.4", { connection, prefix: "sluice" });
      await stranger.add("offer", { build: "1; rm -rf /" }, { jobId: "garbage-1" });
      await stranger.add("offer", { build: { $gt: 0 }, losses: -1 }, { jobId: "garbage-2" });
      await stranger.close();
      await offers.offer("x86_64.4", [{ build: 10, losses: 0 }]);
      expect(await end.next()).toEqual({ build: 10, losses: 0 });
      redis.command("FLUSHALL");
      await offers.offer("x86_64.4", [{ build: 11, losses: 0 }]);
      expect(await end.next()).toEqual({ build: 11, losses: 0 });
      await end.close();
    });

    test("an offer of any size isn't read: the connection ends, and the next one is taken", async () => {
      await offers.offer("x86_64.5", [{ build: 12, losses: 0 }]);
      const fill = "redis.call('HSET', KEYS[1], 'data', string.rep('x', 40 * 1024 * 1024))";
      redis.command("EVAL", fill, "1", "sluice:x86_64.5:12-0");
      const before = Number(/total_net_output_bytes:(\d+)/.exec(redis.command("INFO", "stats"))![1]);
      const end = await open("x86_64.5");
      while (unexpected.length === 0) await sleep(20);
      await offers.offer("x86_64.5", [{ build: 13, losses: 0 }]);
      expect(await end.next()).toEqual({ build: 13, losses: 0 });
      await end.close();
      const sent = Number(/total_net_output_bytes:(\d+)/.exec(redis.command("INFO", "stats"))![1]) - before;
      expect(sent).toBeLessThan(36 * 2 ** 20);
      expect(unexpected.splice(0).map(String)).toContainEqual(expect.stringMatching(/larger than 16777216/));
      redis.command("FLUSHALL");
    });
  },
);
