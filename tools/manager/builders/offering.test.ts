import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteQueue } from "../../queue/sqlite/sqlite.ts";
import type { Offer } from "../../queue/bullmq/offers.ts";
import type { Queue } from "../../queue/queue.ts";
import { Offering } from "./offering.ts";
import { Roster } from "./roster.ts";

const leaseMs = 60_000;
let folder: string;
let queue: Queue;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-offering-"));
  queue = await openSqliteQueue(join(folder, "queue.db"));
  const builds = ["a", "b", "c"].map((pkgbase) => ({
    pkgbase,
    class: pkgbase === "b" ? "9" : null,
    pkgnames: [pkgbase],
    needs: [],
    reason: "changed",
  }));
  await queue.submit({ commit: "c", arch: "x86_64", target: "test", source: "test", removals: [], builds });
});
afterEach(async () => {
  await queue.close();
  rmSync(folder, { recursive: true });
});

const living = async (): Promise<void> => undefined;

function troubled(error: unknown): void {
  if (!/not now/.test(String(error))) throw error;
}

/** Offers to one builder for one build at a time, with a clock that stands still: nothing is made again by itself. */
function offeringTo(offer: (line: string, offers: readonly Offer[]) => Promise<void>): {
  readonly offering: Offering;
  readonly roster: Roster;
  readonly stop: AbortController;
} {
  const stop = new AbortController();
  const roster = new Roster(() => 0, leaseMs);
  roster.heard("attic", { arch: "x86_64", class: "2", jobs: 1, draining: false }, []);
  const offers = { offer, withdraw: async () => undefined, close: async () => undefined };
  const parts = { queue, offers, roster, living, troubled, leaseMs, signal: stop.signal };
  return { offering: new Offering({ ...parts, now: () => 0 }), roster, stop };
}

test("a build that is taken before its offer is made to the end leaves room for the next", async () => {
  const taken: number[] = [];
  const { offering, stop } = offeringTo(async (_line, offers) => {
    for (const { build, losses } of offers) {
      offering.taken({ id: build, losses });
      const worker = { worker: "attic", classes: "all", leaseMs, builds: [build] } as const;
      await queue.finish((await queue.claim(worker))!, { outcome: "built" });
      taken.push(build);
      if (taken.length === 2) stop.abort();
    }
  });
  await offering.run();
  // What nobody takes, of class 9, holds up nothing.
  expect(taken).toEqual([1, 3]);
});

test("an offer that couldn't be made is made when it can", async () => {
  let attempts = 0;
  const { offering, stop } = offeringTo(async () => {
    if (++attempts === 1) throw new Error("not now");
    stop.abort();
  });
  await offering.run();
  expect(attempts).toBe(2);
});
