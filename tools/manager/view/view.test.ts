import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { openLog } from "../../builder/log.ts";
import type { Queue } from "../../queue/queue.ts";
import { openSqliteQueue } from "../../queue/sqlite/sqlite.ts";
import { openFeed } from "./feed.ts";
import { logFiles } from "./log-file.ts";

const home = mkdtempSync(join(tmpdir(), "sluice-view-"));
afterAll(() => rmSync(home, { recursive: true }));

const never = new AbortController().signal;

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
}

test("all readers of a log get all of it, from where they asked, and end when its build has ended", async () => {
  const path = join(home, "1.log");
  writeFileSync(path, "first\n");
  let over = false;
  const log = await logFiles().find(path);
  const goesOn = async (): Promise<boolean> => !over;
  const readers = [0, 6, 8, 500].map((from) => collect(log!.follow(from, goesOn, never)));
  appendFileSync(path, "second\n");
  await new Promise((resolve) => setTimeout(resolve, 120));
  appendFileSync(path, "last\n");
  over = true;
  expect(await Promise.all(readers)).toEqual(["first\nsecond\nlast\n", "second\nlast\n", "cond\nlast\n", ""]);
});

test("a reader that leaves, or whose log is deleted, ends", async () => {
  const path = join(home, "2.log");
  writeFileSync(path, "first\n");
  const log = await logFiles().find(path);
  const leaving = new AbortController();
  const left = collect(log!.follow(0, async () => true, leaving.signal));
  leaving.abort();
  expect("first\n").toContain(await left);
  const deleted = collect(log!.follow(0, async () => true, never));
  rmSync(path);
  expect("first\n").toContain(
    await deleted.catch(({ code }: { code: string }) => (code === "ENOENT" ? "" : code)),
  );
});

test("when a log grew is known, where it was noted", async () => {
  const path = join(home, "3.log");
  const own = openLog(path);
  own.note("begun");
  own.close();
  appendFileSync(join(home, "3.times"), "12 17");
  const log = await logFiles().find(path);
  expect(await log!.times()).toEqual([[0, expect.any(Number)]]);
  expect(await logFiles().find(join(home, "none.log"))).toBeUndefined();
});

let queue: Queue;
beforeEach(async () => {
  const folder = mkdtempSync(join(home, "queue-"));
  mkdirSync(folder, { recursive: true });
  queue = await openSqliteQueue(join(folder, "queue.sqlite"));
});
afterEach(() => queue.close());

async function submit(pkgbase: string): Promise<void> {
  const build = { pkgbase, class: null, pkgnames: [pkgbase], needs: [], reason: "asked for" };
  await queue.submit({
    commit: "c",
    arch: "x86_64",
    target: "t",
    source: "s",
    builds: [build],
    removals: [],
  });
}

test("events before and after a reader came are told once, in order, and the state follows them", async () => {
  await submit("a");
  const feed = await openFeed(queue);
  const reading = new AbortController();
  const seen: string[] = [];
  const reader = (async () => {
    for await (const event of feed.follow(0, reading.signal)) {
      seen.push(event === "missed" ? event : event.pkgbase);
      if (seen.length === 3) return;
    }
  })();
  await submit("b");
  await submit("c");
  await reader;
  expect(seen).toEqual(["a", "b", "c"]);
  expect((await feed.state()).builds.map(({ pkgbase }) => pkgbase)).toEqual(["a", "b", "c"]);
  await feed.close();
});

test("who asks for events that aren't remembered, or never were, is told so", async () => {
  const feed = await openFeed(queue);
  for (let n = 0; n < 1100; n++) await submit(`p${n}`);
  const first = async (after: number): Promise<unknown> => {
    for await (const event of feed.follow(after, never)) return event;
    return undefined;
  };
  while (feed.seen() < 1100) await new Promise((resolve) => setImmediate(resolve));
  expect([await first(1), await first(5000)]).toEqual(["missed", "missed"]);
  expect(await first(1099)).toMatchObject({ pkgbase: "p1099" });
  await feed.close();
});
