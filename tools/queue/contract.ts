import { afterEach, describe } from "vitest";
import { byHand } from "./contract/by-hand.ts";
import { Desk, type Start } from "./contract/desk.ts";
import { ending } from "./contract/ending.ts";
import { eventReaders } from "./contract/event-readers.ts";
import { failures } from "./contract/failures.ts";
import { handingOut } from "./contract/handing-out.ts";
import { order } from "./contract/order.ts";
import { reading } from "./contract/reading.ts";
import { removals } from "./contract/removals.ts";
import { scheduling } from "./contract/scheduling.ts";
import { tryingAgain } from "./contract/trying-again.ts";
import type { ObservedQueue } from "./event-readers.ts";
import type { Queue } from "./queue.ts";

/** One storage, which several handles use at once. */
export interface Storage<Q extends Queue = Queue> {
  /** Another handle, as another process has one. `now` is the clock that it asks. */
  open(now: () => number): Promise<Q>;
  destroy(): Promise<void>;
}

/** What every implementation of the queue must do. `create` makes an empty storage. */
export function queueContract(create: () => Promise<Storage>): void {
  const start = starter(create);
  describe("order", () => {
    order(start);
  });
  describe("scheduling", () => {
    scheduling(start);
  });
  describe("failures", () => {
    failures(start);
  });
  describe("ending", () => {
    ending(start);
  });
  describe("trying again", () => {
    tryingAgain(start);
  });
  describe("handing out", () => {
    handingOut(start);
  });
  describe("removals", () => {
    removals(start);
  });
  describe("by hand", () => {
    byHand(start);
  });
  describe("reading", () => {
    reading(start);
  });
}

/** What an implementation must do whose events others read. */
export function toldQueueContract(create: () => Promise<Storage<ObservedQueue>>): void {
  eventReaders(starter(create));
}

function starter<Q extends Queue>(create: () => Promise<Storage<Q>>): Start<Q> {
  const cleanUps: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });
  return async () => {
    const storage = await create();
    cleanUps.push(() => storage.destroy());
    const clock = { ms: 1_000_000 };
    const open = async (): Promise<Q> => {
      const queue = await storage.open(() => clock.ms);
      cleanUps.push(() => queue.close());
      return queue;
    };
    return new Desk(await open(), open, clock);
  };
}
