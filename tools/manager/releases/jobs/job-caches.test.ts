import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JobCaches } from "./job-caches.ts";

const day = 24 * 3600_000;
let folder: string;
let now: number;
let caches: JobCaches;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-caches-"));
  now = Date.UTC(2026, 6, 24);
  caches = new JobCaches(folder, () => now);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function keep(project: string, key: string, text: string): Promise<void> {
  const file = join(folder, "new");
  writeFileSync(file, text);
  await caches.keep(file, project, key);
}

const contentOf = async (project: string, key: string): Promise<string | undefined> => {
  const path = await caches.find(project, key);
  return path === undefined ? undefined : readFileSync(path, "utf8");
};

test("each job of a project, and each of its targets, has one of its own: the newest", async () => {
  await keep("app", "check.unit@one", "1");
  await keep("app", "check.unit@two", "2");
  await keep("app", "check.unit@one", "3");
  expect(await contentOf("app", "check.unit@one")).toBe("3");
  expect(await contentOf("app", "check.unit@two")).toBe("2");
  expect(await contentOf("other", "check.unit@one")).toBe(undefined);
  expect(existsSync(join(folder, "new"))).toBe(false);
});

test("what nobody has used for a month goes, and of too much what was used longest ago", async () => {
  await keep("app", "old", "x");
  now += 20 * day;
  await keep("app", "used", "x");
  now += day;
  await keep("app", "new", "xx");
  now += day;
  await caches.find("app", "used");
  await caches.sweep(3);
  expect([await contentOf("app", "old"), await contentOf("app", "used")]).toEqual([undefined, "x"]);
  now += 31 * day;
  await caches.sweep();
  expect(await contentOf("app", "new")).toBe(undefined);
});
