import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import type { ReleaseRef } from "../../release/refs/ref.ts";
import { foldersOf } from "../folders.ts";
import type { Installation } from "../installation.ts";
import { pushRecords } from "./record/push-records.ts";
import { releaseKey } from "./record/release-key.ts";
import { releasePlace } from "./release-place.ts";
import { tidyReleases } from "./tidy-releases.ts";

const day = 24 * 3600_000;
const today = Date.parse("2026-06-01T12:00:00Z");
const w = new ScratchWorkspace();
const git = openGit(w.dir, process.env);
const folders = foldersOf(join(w.base, "state"));
const installation = { git, folders, now: () => new Date(today) } as unknown as Installation;
const { records, artifacts } = releasePlace(installation);
const commitOf = (number: number): string => String(number).repeat(40);
let head: string;

interface Past {
  readonly daysAgo: number;
  readonly finished?: boolean;
  readonly publishes?: boolean;
}

/** @returns the SHA-256 of what its only job made */
async function happened(
  channel: string,
  ref: ReleaseRef,
  { daysAgo, finished = true, publishes = false }: Past,
): Promise<string> {
  const at = today - daysAgo * day;
  const file = join(folders.state, "made");
  writeFileSync(file, `${channel} ${ref.commit}`);
  const kept = await artifacts.take(file, "app");
  utimesSync(artifacts.pathOf(kept.sha256), at / 1000, at / 1000);
  const publications = publishes ? { files: { at, files: [] } } : {};
  const job = { isGreen: true, at, artifacts: { bin: [kept] } };
  const record = { ref, channel, version: null, definition: "d", jobs: { "build.app": job }, publications };
  records.write(releaseKey("app", channel, ref), { ...record, finishedAt: finished ? at : null });
  return kept.sha256;
}

beforeAll(() => {
  mkdirSync(folders.state, { recursive: true });
  w.write("releases/app/release.toml", `source = "https://example.org/app.git"\n[channels]\n`);
  const locked = `ref = "refs/tags/v3"\ncommit = "${commitOf(3)}"\nreason = "by hand"\n`;
  w.write("releases/app/stable.lock", locked);
  head = w.commit("a project");
  w.git("push", "-q", "origin", "HEAD:main");
});
afterAll(() => w.remove());

test("what no record needs goes: files of releases that are out, of checks, and sources that nobody uses; what is to be finished stays", async () => {
  const tag = (number: number): ReleaseRef => ({ kind: "tag", name: `v${number}`, commit: commitOf(number) });
  const branch = (number: number): ReleaseRef => ({ kind: "branch", name: "main", commit: commitOf(number) });
  const made = {
    old: await happened("stable", tag(1), { daysAgo: 400, publishes: true }),
    lastYear: await happened("stable", tag(7), { daysAgo: 300, publishes: true }),
    newestFinished: await happened("stable", tag(2), { daysAgo: 60, publishes: true }),
    toBeFinished: await happened("stable", tag(3), { daysAgo: 50, finished: false }),
    replaced: await happened("stable", tag(4), { daysAgo: 50, finished: false }),
    lastCheck: await happened("checks", branch(8), { daysAgo: 60 }),
    oldCheck: await happened("checks", branch(5), { daysAgo: 400 }),
    recentCheck: await happened("checks", branch(6), { daysAgo: 20 }),
  };
  const foreign = join(folders.state, "foreign");
  writeFileSync(foreign, "left by a job that was killed");
  const lost = await artifacts.keep(foreign);
  utimesSync(artifacts.pathOf(lost), (today - 2 * day) / 1000, (today - 2 * day) / 1000);
  const sources = join(folders.state, "releases/sources/app");
  for (const [name, daysAgo] of [
    ["used", 6],
    ["unused", 8],
    ["git", 30],
  ] as const) {
    mkdirSync(join(sources, name), { recursive: true });
    const at = (today - daysAgo * day) / 1000;
    utimesSync(join(sources, name), at, at);
  }
  const author = { identity: { name: "S", email: "s@example.org" }, now: new Date(today) };
  await pushRecords(git, records, author);

  await tidyReleases(installation, head, { HISTORY_DAYS: 365, LOG_DAYS: 30 });

  const left = Object.entries(made).filter(([, sha256]) => existsSync(artifacts.pathOf(sha256)));
  expect(left.map(([name]) => name)).toEqual(["lastYear", "newestFinished", "toBeFinished", "recentCheck"]);
  expect(existsSync(artifacts.pathOf(lost))).toBe(false);
  expect(["used", "unused", "git"].filter((name) => existsSync(join(sources, name)))).toEqual([
    "used",
    "git",
  ]);

  await pushRecords(git, records, author);
  const there = w.atOrigin("ls-tree", "-r", "--name-only", "state").split("\n");
  expect(there).toContain(`releases/app/checks/${commitOf(6)}.json`);
  expect(there).not.toContain(`releases/app/checks/${commitOf(5)}.json`);
  expect(there.filter((path) => path.includes("/stable/"))).toHaveLength(5);
  await pushRecords(git, records, author);
  expect([...records.texts()].filter(([, text]) => text === "")).toEqual([]);
});
