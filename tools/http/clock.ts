import { setTimeout as sleep } from "node:timers/promises";

/** What waiting depends on. Times are in milliseconds since 1970. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
  /** From 0 up to, and not, 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds) => sleep(milliseconds),
  random: Math.random,
};
