import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Outcome } from "../queue/outcome.ts";
import { openSqliteQueue } from "../queue/sqlite/sqlite.ts";
import { logName } from "./log-name.ts";
import { type Installation } from "./installation.ts";
import { foldersOf } from "./folders.ts";
import { tidy } from "./tidy.ts";

const state = mkdtempSync(join(tmpdir(), "sluice-tidy-"));
afterAll(() => rmSync(state, { recursive: true }));

const day = 24 * 3600_000;
const today = Date.parse("2026-06-01T12:00:00Z");

test("logs are kept for 30 days and builds for a year, but the last of each outcome of each package always", async () => {
  const folders = foldersOf(state);
  for (const folder of [folders.work, folders.finished]) mkdirSync(folder, { recursive: true });
  let now = 0;
  const queue = await openSqliteQueue(join(state, "queue.sqlite"), () => now);
  const repository = { root: folders.repositories, name: "repo", arch: "x86_64" };
  const names: string[] = [];

  /** A build that ended that many days ago, with its log and what lies beside it. */
  async function build(pkgbase: string, daysAgo: number, outcome: Outcome): Promise<void> {
    now = today - daysAgo * day;
    const one = { pkgbase, class: null, pkgnames: [pkgbase], needs: [], reason: "asked for" };
    const target = { target: "repo", arch: "x86_64", source: "w" };
    await queue.submit({ ...target, commit: "c", builds: [one], removals: [] });
    const claim = await queue.claim({ worker: "here", classes: "all", leaseMs: 60_000 });
    await queue.finish(claim!, { outcome });
    const log = join(folders.logs, logName(claim!.build));
    mkdirSync(join(log, ".."), { recursive: true });
    for (const kind of ["log", "times", "namcap"]) {
      const path = log.replace(/log$/, kind);
      writeFileSync(path, "");
      utimesSync(path, now / 1000, now / 1000);
    }
    names[claim!.build.id] = `${pkgbase} ${outcome} ${daysAgo} days ago`;
  }

  for (const daysAgo of [900, 800, 400]) await build("quiet", daysAgo, "built");
  await build("quiet", 700, "failed");
  for (const daysAgo of [366, 364, 31, 29]) await build("busy", daysAgo, "failed");
  for (const daysAgo of [370, 40, 1]) await build("busy", daysAgo, "built");

  now = today;
  const installation = { queue, folders, repository, now: () => new Date(today) } as unknown as Installation;
  await tidy(installation, { HISTORY_DAYS: 365, LOG_DAYS: 30 });

  const left = (await queue.history({ limit: 99 })).map(({ id }) => names[id]).toSorted();
  expect(left).toEqual([
    "busy built 1 days ago",
    "busy built 40 days ago",
    "busy failed 29 days ago",
    "busy failed 31 days ago",
    "busy failed 364 days ago",
    "quiet built 400 days ago",
    "quiet failed 700 days ago",
  ]);
  const files = ["busy", "quiet"].flatMap((pkgbase) => readdirSync(join(folders.logs, pkgbase)));
  const logs = new Set(files.map((file) => names[Number(file.split(".")[0])]));
  expect([...logs].toSorted()).toEqual([
    "busy built 1 days ago",
    "busy failed 29 days ago",
    "quiet built 400 days ago",
    "quiet failed 700 days ago",
  ]);
  expect(files).toHaveLength(3 * logs.size);
  await queue.close();
});
