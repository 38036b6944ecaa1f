import { setImmediate as settle } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import { HostLimits } from "./host-limits.ts";

/** Time that passes only when it's told to. */
class TestClock implements Clock {
  #now = 1_000_000;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  random(): number {
    return 0.5;
  }
  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ until: this.#now + milliseconds, wake }));
  }
  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
    await settle();
  }
}

function start(limits = { parallel: 2, perHost: 1, delaySeconds: 0 }) {
  const clock = new TestClock();
  const hosts = new HostLimits(limits, { failures: 3, longestWait: 60_000 }, clock);
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const ask = (host: string, name: string): Promise<void> =>
    hosts.underCloneLock(host, () => {
      begun.push(name);
      return new Promise((done) => finish.set(name, done));
    });
  return { clock, hosts, begun, finish, ask };
}

test("one host's packages don't take the places of all, and hosts take turns", async () => {
  const { begun, finish, ask } = start();
  void Promise.all([ask("a", "a1"), ask("a", "a2"), ask("a", "a3"), ask("b", "b1"), ask("c", "c1")]);
  await settle();
  expect(begun).toEqual(["a1", "b1"]);
  finish.get("a1")!();
  await settle();
  expect(begun).toEqual(["a1", "b1", "a2"]);
  finish.get("b1")!();
  await settle();
  expect(begun).toEqual(["a1", "b1", "a2", "c1"]);
});

test("between two starts at one host lies the delay, at another it doesn't", async () => {
  const { clock, begun, ask } = start({ parallel: 9, perHost: 9, delaySeconds: 2 });
  void Promise.all([ask("a", "a1"), ask("a", "a2"), ask("a", "a3"), ask("b", "b1")]);
  await settle();
  expect(begun).toEqual(["a1", "b1"]);
  await clock.pass(1999);
  expect(begun).toEqual(["a1", "b1"]);
  await clock.pass(1);
  expect(begun).toEqual(["a1", "b1", "a2"]);
  await clock.pass(2000);
  expect(begun).toEqual(["a1", "b1", "a2", "a3"]);
});

test("what a host asks for, everybody waits for", async () => {
  const { clock, hosts, begun, ask } = start();
  hosts.failed("a", "it answered 429", 30_000);
  void ask("a", "a1");
  await clock.pass(29_999);
  expect(begun).toEqual([]);
  await clock.pass(1);
  expect(begun).toEqual(["a1"]);
});

test("a host that asks for longer than a run should take is left alone, and those waiting hear of it", async () => {
  const { hosts, finish, ask } = start();
  const first = ask("a", "a1");
  const second = ask("a", "a2");
  await settle();
  hosts.failed("a", "it answered 429", 3_600_000);
  await expect(second).rejects.toMatchObject({
    code: "unavailable",
    exitCode: 1,
    facts: { host: "a", retryAfter: 3600 },
  });
  await expect(ask("a", "a3")).rejects.toMatchObject({ code: "unavailable" });
  finish.get("a1")!();
  await first;
});

test("a host that asks for a little again and again is left alone in the end", async () => {
  const { clock, hosts } = start();
  for (const _ of [1, 2]) {
    hosts.failed("a", "it answered 429", 25_000);
    hosts.answered("a");
    await clock.pass(25_000);
  }
  expect(hosts.isLeftAlone("a")).toBe(false);
  hosts.failed("a", "it answered 429", 25_000);
  expect(hosts.isLeftAlone("a")).toBe(true);
});

test("many answers at once that ask for the same wait count as one", () => {
  const { hosts } = start();
  hosts.failed("a", "it answered 429", 50_000);
  hosts.failed("a", "it answered 429", 50_000);
  expect(hosts.isLeftAlone("a")).toBe(false);
});

test("only failures without any answer in between leave a host alone, and only that host", () => {
  const { hosts } = start();
  hosts.failed("a", "refused");
  hosts.failed("a", "refused");
  hosts.answered("a");
  hosts.failed("a", "refused");
  hosts.failed("a", "refused");
  expect(hosts.isLeftAlone("a")).toBe(false);
  hosts.failed("a", "refused");
  expect(hosts.isLeftAlone("a")).toBe(true);
  expect(hosts.isLeftAlone("b")).toBe(false);
});
