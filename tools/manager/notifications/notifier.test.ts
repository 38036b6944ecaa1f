import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "smol-toml";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { floodWait, TelegramServer } from "../../../test/world/telegram.ts";
import { WebhookReceiver } from "../../../test/world/webhook.ts";
import type { SluiceError } from "../../errors.ts";
import { readTargets } from "../../notify/settings.ts";
import type { ObservedQueue } from "../../queue/event-readers.ts";
import { openSqliteQueue } from "../../queue/sqlite/sqlite.ts";
import type { HeldUpdate } from "./held-updates.ts";
import { linksTo } from "./links.ts";
import { startNotifier, type Notifier } from "./notifier.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-tell-"));
const telegram = new TelegramServer();
const webhook = new WebhookReceiver();
beforeAll(() => Promise.all([telegram.start(), webhook.start()]));
afterAll(async () => {
  await Promise.all([telegram.stop(), webhook.stop()]);
  rmSync(folder, { recursive: true });
});

let files = 0;
let queue: ObservedQueue;
let notifier: Notifier | undefined;
beforeEach(async () => {
  queue = await openSqliteQueue(join(folder, `${++files}.db`));
  telegram.messages.length = 0;
  telegram.faults = [];
  webhook.faults = [];
});
afterEach(async () => {
  await notifier?.close();
  await queue.close();
});

const outages = { backoff: 1, longestBackoff: 5, setup: 5 };

let held: readonly HeldUpdate[] = [];
const heldReview = (pkgbase: string, more: Partial<HeldUpdate> = {}): HeldUpdate => ({
  pkgbase,
  branch: `update-${pkgbase}-0123456789abcdef`,
  url: null,
  verdict: "dangerous",
  versions: "1 → 2",
  ...more,
});

async function tell(document: Record<string, object>, gather: number): Promise<void> {
  const links = linksTo({ pages: undefined, logs: undefined, workspaces: {} });
  notifier = await startNotifier({
    queue,
    targets: readTargets(document, "notify.toml"),
    links,
    held: {
      reviews: { reviews: async () => ({ asOf: 1, problem: null, reviews: held }) },
      of: { target: "repo", arch: "x86_64" },
    },
    owner: "one",
    troubled: (_error: SluiceError) => undefined,
    pace: () => ({ gather, longestGather: 4 * gather, apart: 0, ...outages }),
  });
}

const chat = (): object => ({ kind: "telegram", api: telegram.api, token: telegram.token, chat: "-1001" });
const hook = (more: object = {}): object => ({
  kind: "webhook",
  url: webhook.url,
  secret: webhook.secret,
  ...more,
});

/** Builds that fail, one after the other. */
async function fail(count: number, name = "p"): Promise<void> {
  const builds = Array.from({ length: count }, (_, at) => ({
    pkgbase: `${name}${at}`,
    class: null,
    pkgnames: [],
    needs: [],
    reason: "r",
  }));
  await queue.submit({ commit: "c", target: "repo", arch: "any", source: "w", removals: [], builds });
  for (;;) {
    const claim = await queue.claim({ worker: "w", classes: "all", leaseMs: 60_000 });
    if (!claim) return;
    await queue.finish(claim, { outcome: "failed", message: "exit code 4" });
  }
}

async function told(): Promise<void> {
  while ((await queue.readers()).some(({ behindSince }) => behindSince !== null)) await delay(5);
}

test("three hundred packages that fail at once are a few messages, also where Telegram asks to wait", async () => {
  telegram.faults = [floodWait(0, 2)];
  await tell({ chat: chat() }, 200);
  await fail(300);
  await told();
  expect(telegram.messages.length).toBeLessThanOrEqual(5);
  const named = telegram.messages.map(({ text }) => {
    const more = Number(/and (\d+) more$/.exec(text)?.[1] ?? 0);
    return text.split("\n").length - 1 - (more > 0 ? 1 : 0) + more;
  });
  expect(named.reduce((sum, count) => sum + count, 0)).toBe(300);
});

test("a target that never answers holds up neither builds nor other targets, nor the end of the process", async () => {
  telegram.faults = [{ kind: "silent" }];
  await tell({ chat: chat(), hook: hook() }, 0);
  await fail(20, "q");
  await webhook.until(() => webhook.told.includes("failed q19"));
  const state = await queue.state();
  expect(state.builds).toEqual([]);
  expect((await queue.readers()).find(({ reader }) => reader === "chat")?.behindSince).not.toBeNull();
  await telegram.stop();
  await notifier!.close();
  notifier = undefined;
  await telegram.start();
});

test("updates that the gate holds are told once, also after a restart, and not in Telegram unless it asks", async () => {
  held = [heldReview("w_x"), heldReview("y", { branch: "update-y-1" })];
  await tell({ hook: hook(), chat: chat() }, 20);
  await webhook.until(() => webhook.told.includes("review y"));
  await notifier!.close();
  held = [heldReview("w_x"), heldReview("y", { branch: "update-y-2" })];
  await tell({ hook: hook(), chat: chat() }, 20);
  await webhook.until(() => webhook.told.filter((one) => one === "review y").length === 2);
  await told();
  expect(webhook.told.filter((one) => one.startsWith("review"))).toEqual([
    "review w_x",
    "review y",
    "review y",
  ]);
  expect(telegram.messages).toEqual([]);
  held = [];
});

test("a target is told of its packages and events alone, and what isn't for it counts as told", async () => {
  await tell({ hook: hook({ packages: ["r1"], events: ["failed"] }) }, 0);
  const before = webhook.told.length;
  await fail(3, "r");
  await told();
  expect(webhook.told.slice(before)).toEqual(["failed r1"]);
});

test("what is on the page about notifications is understood", () => {
  const shown = [...readFileSync("docs/notifications.md", "utf8").matchAll(/^```toml\n(.*?)^```$/gms)];
  expect(shown).toHaveLength(1);
  const text = shown[0]![1]!.replace("whsec_…", webhook.secret);
  expect(readTargets(parse(text), "the page").map(({ kind }) => kind)).toEqual([
    "telegram",
    "matrix",
    "mail",
    "webhook",
    "gitlab",
  ]);
});
