import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { refused, unavailable, wrongSetup } from "../../notify/target.ts";
import type { ObservedQueue, UnreadEvent } from "../../queue/event-readers.ts";
import type { Outcome } from "../../queue/outcome.ts";
import { openSqliteQueue } from "../../queue/sqlite/sqlite.ts";
import { keepSending, sendNow, type Outgoing, type SenderOptions } from "./sender.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-sender-"));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
let path: string;
beforeEach(() => {
  path = join(folder, `${++count}.db`);
});

const pace = { gather: 5, longestGather: 40, apart: 1, backoff: 10, longestBackoff: 80, setup: 300 };

/** A target that takes messages, after it has failed in these ways; and the pauses that the sender made. */
function target(queue: ObservedQueue, troubles: readonly (Error | undefined)[] = [], together = 1) {
  const [sent, pauses, said, stop] = [[] as string[], [] as number[], [] as unknown[], new AbortController()];
  const left = [...troubles];
  const options: SenderOptions = {
    queue,
    reader: "chat",
    owner: "one",
    pace,
    sleep: async (ms) => {
      pauses.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
    troubled: (error) => said.push(error),
    signal: stop.signal,
    plan: async (events: readonly UnreadEvent[]) => {
      const ended = events.filter(({ event }) => event.kind === "finished");
      const messages: Outgoing[] = [];
      for (let at = 0; at < ended.length; at += together) {
        const those = ended.slice(at, at + together).map(({ event }) => event);
        messages.push({
          seqs: those.map(({ seq }) => seq),
          async send() {
            const trouble = left.shift();
            if (trouble) throw trouble;
            sent.push(...those.map(({ pkgbase }) => pkgbase));
          },
        });
      }
      return messages;
    },
  };
  return { options, sent, pauses, said, stop };
}

async function end(queue: ObservedQueue, ...names: readonly string[]): Promise<void> {
  const about = { commit: "c", target: "repo", arch: "any", source: "w", removals: [] };
  const builds = names.map((pkgbase) => ({ pkgbase, class: null, pkgnames: [], needs: [], reason: "r" }));
  await queue.submit({ ...about, builds });
  for (;;) {
    const claim = await queue.claim({ worker: "w", classes: "all", leaseMs: 60_000 });
    if (!claim) return;
    await queue.finish(claim, { outcome: "failed" satisfies Outcome });
  }
}

/** Runs the sender until it has told of these, then stops it. */
async function until(sender: ReturnType<typeof target>, length: number): Promise<void> {
  const running = keepSending(sender.options);
  while (sender.sent.length < length) await new Promise((resolve) => setImmediate(resolve));
  sender.stop.abort();
  await running;
}

test("after an outage all is told, in order, with longer and longer pauses", async () => {
  const queue = await openSqliteQueue(path);
  const down = unavailable("chat.example", "HTTP 502");
  const chat = target(queue, [down, down, down, undefined]);
  await sendNow(chat.options);
  await end(queue, "a", "b", "c");
  await until(chat, 3);
  expect(chat.sent).toEqual(["a", "b", "c"]);
  expect(chat.pauses.slice(0, 5)).toEqual([5, 10, 20, 40, 1]);
  expect(await queue.readers()).toMatchObject([{ behindSince: null }]);
  await queue.close();
});

test("a server that says when to come back isn't asked before, and at most an hour is waited", async () => {
  const queue = await openSqliteQueue(path);
  const chat = target(queue, [
    unavailable("x", "429", 7),
    unavailable("x", "429", 1e9),
    wrongSetup("x", "401", ""),
  ]);
  await sendNow(chat.options);
  await end(queue, "a");
  await until(chat, 1);
  expect(chat.pauses.slice(1, 4)).toEqual([7000, 3600_000, 300]);
  await queue.close();
});

test("a message that is refused for good, or shows a defect, holds nothing up", async () => {
  const queue = await openSqliteQueue(path);
  const chat = target(queue, [refused("x", "too long"), new TypeError("a defect")]);
  await sendNow(chat.options);
  await end(queue, "a", "b", "c");
  await until(chat, 1);
  expect(chat.sent).toEqual(["c"]);
  expect(chat.said).toHaveLength(2);
  const totals = (await queue.totals()).filter(({ name }) => name === "notifications");
  expect(totals.map(({ labels, value }) => [labels["result"], value])).toEqual([
    ["refused", 2],
    ["sent", 1],
  ]);
  await queue.close();
});

test("what comes while much is happening is gathered for longer, and that ends when it is quiet", async () => {
  const queue = await openSqliteQueue(path);
  const chat = target(queue, [], 100);
  await sendNow(chat.options);
  const running = keepSending(chat.options);
  for (const name of ["a", "b", "c", "d", "e", "f"]) {
    await end(queue, name);
    while (!chat.sent.includes(name)) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(chat.pauses[0]).toBe(5);
  expect(Math.max(...chat.pauses)).toBeLessThanOrEqual(40);
  chat.stop.abort();
  await running;
  await queue.close();
});

test("a process that dies after any message is followed by one that tells the rest, and nothing else again", async () => {
  for (let dies = 0; dies <= 3; dies++) {
    const file = `${path}.${dies}`;
    let now = 1000;
    const queue = await openSqliteQueue(file, () => now);
    const first = target(
      queue,
      Array.from({ length: dies }, () => undefined),
    );
    await sendNow(first.options);
    await end(queue, "a", "b", "c");
    // From then on nothing gets out, and the process dies with it.
    const { plan } = first.options;
    const dying = {
      ...first.options,
      plan: async (events: readonly UnreadEvent[]) =>
        (await plan(events)).map((message, at) =>
          at < dies ? message : { ...message, send: () => Promise.reject(unavailable("x", "down")) },
        ),
    };
    await sendNow(dying);
    await queue.close();

    now += 120_000;
    const again = await openSqliteQueue(file, () => now);
    const second = target(again);
    await sendNow({ ...second.options, owner: "two" });
    expect([...first.sent, ...second.sent]).toEqual(["a", "b", "c"]);
    await again.close();
  }
});

test("a message out of turn isn't sent again after a crash", async () => {
  const queue = await openSqliteQueue(path);
  const chat = target(queue);
  await sendNow(chat.options);
  await end(queue, "a", "b", "c");
  const { plan } = chat.options;
  const reversed = async (events: readonly UnreadEvent[]): Promise<Outgoing[]> =>
    [...(await plan(events))].reverse();
  const troubled = target(queue, [undefined, unavailable("x", "down")]);
  const planOfTroubled = troubled.options.plan;
  await sendNow({
    ...troubled.options,
    plan: async (events) => [...(await planOfTroubled(events))].reverse(),
  });
  await sendNow({ ...chat.options, plan: reversed });
  expect([...troubled.sent, ...chat.sent]).toEqual(["c", "b", "a"]);
  await queue.close();
});
