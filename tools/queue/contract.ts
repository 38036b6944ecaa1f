import { afterEach, describe } from "vitest";
import { Desk } from "./contract/desk.ts";
import { ending } from "./contract/ending.ts";
import { eventReaders } from "./contract/event-readers.ts";
import { failures } from "./contract/failures.ts";
import { handingOut } from "./contract/handing-out.ts";
import { order } from "./contract/order.ts";
import { reading } from "./contract/reading.ts";
import { removals } from "./contract/removals.ts";
import { scheduling } from "./contract/scheduling.ts";
import { tryingAgain } from "./contract/trying-again.ts";
import type { Queue } from "./queue.ts";

/** One storage, which several handles use at once. */
export interface Storage {
  /** Another handle, as another process has one. `now` is the clock that it asks. */
  open(now: () => number): Promise<Queue>;
  destroy(): Promise<void>;
}

/** What every implementation of the queue must do. `create` makes an empty storage. */
export function queueContract(create: () => Promise<Storage>): void {
  const cleanUps: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start(): Promise<Desk> {
    const storage = await create();
    cleanUps.push(() => storage.destroy());
    const clock = { ms: 1_000_000 };
    const open = async (): Promise<Queue> => {
      const queue = await storage.open(() => clock.ms);
      cleanUps.push(() => queue.close());
      return queue;
    };
    return new Desk(await open(), open, clock);
  }

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
  describe("reading", () => {
    reading(start);
  });
  describe("readers of events", () => {
    eventReaders(start);
  });
}
