import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { Queue } from "../../tools/queue/queue.ts";
import type { QueueEvent } from "../../tools/queue/events.ts";
import { SqliteFile } from "../../tools/queue/sqlite/sqlite-file.ts";
import { schema } from "../../tools/queue/sqlite/schema.ts";
import { openSqliteQueue } from "../../tools/queue/sqlite/sqlite.ts";
import { budget, seed } from "../world/budget.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-queue-crash-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rounds = budget(10, 500);

/** The answers that a user of the queue got before it was killed. */
interface Confirmed {
  readonly accepted?: readonly number[];
  readonly claimed?: number;
  readonly token?: string;
  readonly finished?: number;
  readonly outcome?: string;
}

test(`nothing is lost or built twice when users of the queue are killed at any of ${rounds} moments (seed ${seed})`, async () => {
  const path = join(folder, "queue.db");
  const confirmed: Confirmed[] = [];
  let now = 1_000_000_000;
  for (let round = 0; round < rounds; round++) {
    // Long after the last round's leases and retries.
    now += 60_000;
    const users = [0, 1].map((user) => useAndKill(path, seed + 2 * round + user, now));
    confirmed.push(...(await Promise.all(users)).flat());
    await checkCounters(path);
  }
  expect(confirmed.filter(({ finished }) => finished !== undefined).length).toBeGreaterThan(rounds);

  const queue = await openSqliteQueue(path, () => now);
  const events = await allEvents(queue);
  checkLives(events);
  await checkConfirmed(queue, confirmed, events);
  await drain(queue, () => (now += 60_000));
  await queue.close();
});

/** Lets a process use the queue for a random time, at most 60 ms after its first move, and kills it. */
async function useAndKill(path: string, userSeed: number, now: number): Promise<Confirmed[]> {
  const script = join(import.meta.dirname, "user.mjs");
  const child = spawn(process.execPath, [script, path, String(userSeed), String(now)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let complaint = "";
  const killed = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on("close", (_, signal) => resolve(signal)),
  );
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
    child.on("close", () => resolve());
  });
  await delay((Math.imul(userSeed, 2_654_435_761) >>> 0) % 60);
  child.kill("SIGKILL");
  expect({ signal: await killed, complaint }).toEqual({ signal: "SIGKILL", complaint: "" });
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Confirmed);
}

/** What the queue keeps up to date step by step equals what it is when counted again. */
async function checkCounters(path: string): Promise<void> {
  const file = await SqliteFile.open(path, schema);
  const wrong = file.all(`
    with truth as (
      select build.id,
        (select count(*) from need join package on package.id = need.package
         where need.build = build.id and standing = 'pending') +
        (state <> 'active' and exists (select 1 from build as own
         where own.package = build.package and own.state = 'active')) as waits,
        (select count(*) from need join package on package.id = need.package
         where need.build = build.id and standing = 'failing' and not released) as blocks
      from build)
    select pkgbase, state, build.waits, truth.waits as true_waits, build.blocks, truth.blocks as true_blocks
    from build join truth using (id) join package on package.id = build.package
    where build.waits <> truth.waits or build.blocks <> truth.blocks
      or (state = 'blocked') <> (truth.blocks > 0 and state <> 'active')
      or (state = 'waiting') <> (truth.blocks = 0 and truth.waits > 0 and state <> 'active')`);
  expect(wrong).toEqual([]);
  const standings = file.all(
    `
    select pkgbase, standing, blocking from package where standing <>
      case when exists (select 1 from build where package = package.id and state = 'active') then 'pending'
           when exists (select 1 from build where package = package.id and state = 'blocked') then 'failing'
           when exists (select 1 from build where package = package.id) then 'pending'
           when blocking then 'failing' else 'fine' end`.replaceAll(
      "where package =",
      "where build.package =",
    ),
  );
  expect(standings).toEqual([]);
  file.close();
}

/** Each build is queued once, has one worker at a time, and ends once; each package has one active build. */
function checkLives(events: readonly QueueEvent[]): void {
  const lives = new Map<number, string>();
  const active = new Map<string, number>();
  const follows: Readonly<Record<string, RegExp>> = {
    queued: /^$/,
    merged: /^(?:queued|merged|retry)$/,
    claimed: /^(?:queued|merged|retry)$/,
    retry: /^claimed$/,
    finished: /^(?:queued|merged|retry|claimed)$/,
  };
  const wrong: string[] = [];
  for (const event of events) {
    const allowed = follows[event.kind];
    if (!allowed || !("build" in event)) continue;
    const { kind, build, pkgbase } = event;
    const before = lives.get(build) ?? "";
    if (!allowed.test(before)) wrong.push(`${pkgbase}: ${before}, then ${kind}`);
    lives.set(build, kind);
    if (kind === "claimed" && active.has(pkgbase)) wrong.push(`${pkgbase}: two active builds`);
    if (kind === "claimed") active.set(pkgbase, build);
    else if (active.get(pkgbase) === build) active.delete(pkgbase);
  }
  expect(wrong).toEqual([]);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

async function checkConfirmed(
  queue: Queue,
  confirmed: readonly Confirmed[],
  events: readonly QueueEvent[],
): Promise<void> {
  const state = await queue.state();
  const pending = new Set(state.builds.map(({ id }) => id));
  const history = await queue.history({ limit: 1_000_000 });
  const ended = new Map(history.map((build) => [build.id, build.outcome]));
  const accepted = confirmed.flatMap((fact) => fact.accepted ?? []);
  expect(accepted.filter((id) => !pending.has(id) && !ended.has(id))).toEqual([]);

  const finished = confirmed.filter(({ outcome }) => outcome !== undefined && outcome !== "lost");
  expect(finished.filter(({ finished: id, outcome }) => ended.get(id!) !== outcome)).toEqual([]);
  expect(finished.filter(({ finished: id }) => pending.has(id!))).toEqual([]);

  const tokens = confirmed.flatMap(({ token }) => token ?? []);
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(events.filter(({ kind }) => kind === "claimed").length).toBeGreaterThanOrEqual(tokens.length);
}

/** However it was left, it comes to an end once everything that failed is scheduled again and builds. */
async function drain(queue: Queue, tick: () => void): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    tick();
    for (;;) {
      const claim = await queue.claim({ worker: "drain", classes: "all", leaseMs: 1000 });
      if (!claim) break;
      await queue.finish(claim, { outcome: "built" });
    }
    const failing = (await queue.packages()).filter(({ blocking }) => blocking);
    const builds = failing.map(({ pkgbase }) => ({
      pkgbase,
      class: null,
      pkgnames: [],
      needs: [],
      reason: "again",
    }));
    await queue.submit({
      commit: "c",
      target: "repo",
      arch: "any",
      source: "workspace",
      builds,
      removals: [],
    });
  }
  expect((await queue.state()).builds).toEqual([]);
}

async function allEvents(queue: Queue): Promise<QueueEvent[]> {
  const { seq } = await queue.state();
  const events: QueueEvent[] = [];
  for await (const event of queue.events({ after: 0 })) {
    events.push(event);
    if (event.seq === seq) break;
  }
  return events;
}
