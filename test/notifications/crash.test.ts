import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqliteQueue } from "../../tools/queue/sqlite/sqlite.ts";
import { budget, seed } from "../world/budget.ts";
import { seededRandom } from "../world/random.ts";
import { WebhookReceiver } from "../world/webhook.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-notifier-"));
const webhook = new WebhookReceiver();
beforeAll(() => webhook.start());
afterAll(async () => {
  await webhook.stop();
  rmSync(folder, { recursive: true });
});

const rounds = budget(6, 200);

test(`killed at any of ${rounds} moments, with answers lost, everything is told, each package's events in order (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const path = join(folder, "queue.db");
  let now = 1_000_000_000;
  const queue = await openSqliteQueue(path, () => now);
  const expected: string[] = [];
  // So that the webhook is known before anything happens.
  await kill(await start(path, now));
  for (let round = 0; round < rounds; round++) {
    now += 60_000;
    const notifier = await start(path, now);
    webhook.faults = [{ kind: "cut", times: 1 + Math.floor(random() * 3) }];
    const killing = delay(random() * 60).then(() => kill(notifier));
    for (let at = 0; at < 8; at++) {
      await build(`p${at}`, random() < 0.5);
      await delay(random() * 8);
    }
    await killing;
  }
  now += 60_000;
  webhook.faults = [];
  const last = await start(path, now);
  await webhook.until(() => isAllTold());
  await kill(last);
  await queue.close();
  expect(webhook.wrong).toEqual([]);
  for (const name of new Set(expected.map((text) => text.split(" ")[1]))) {
    const of = (texts: readonly string[]): string[] => texts.filter((text) => text.split(" ")[1] === name);
    expect(firstTold().filter((text) => text.split(" ")[1] === name)).toEqual(of(expected));
  }

  async function build(pkgbase: string, succeeds: boolean): Promise<void> {
    const one = { pkgbase, class: null, pkgnames: [], needs: [], reason: "r" };
    const about = { commit: "c", target: "repo", arch: "any", source: "w", removals: [] };
    await queue.submit({ ...about, builds: [one] });
    const claim = await queue.claim({ worker: "w", classes: "all", leaseMs: 1e9 });
    await queue.finish(claim!, { outcome: succeeds ? "built" : "failed" });
    expected.push(`queued ${pkgbase}`, `${succeeds ? "deployed" : "failed"} ${pkgbase}`);
  }

  function isAllTold(): boolean {
    return firstTold().length === expected.length;
  }
});

/** `kind pkgbase` of each event when it was told first. */
function firstTold(): string[] {
  const told = new Map<number, string>();
  for (const { kind, packages } of webhook.messages) {
    for (const { event, pkgbase } of packages) if (!told.has(event)) told.set(event, `${kind} ${pkgbase}`);
  }
  return [...told.values()];
}

async function start(path: string, now: number): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "notifier.mjs");
  const args = [script, path, webhook.url, webhook.secret, String(now)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
