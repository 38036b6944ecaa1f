import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import type { ObservedQueue } from "../../queue/event-readers.ts";
import { openQueue } from "../installation.ts";
import { writeLiveBuilders } from "../builders/live-builders.ts";
import { readMeasures, type Measure } from "./measures.ts";

const workspace = new ScratchWorkspace();
const state = join(workspace.base, "state");
const git = openGit(workspace.dir, process.env);
const repositories = [{ root: join(state, "repositories"), name: "repo", arch: "x86_64" }];
let queue: ObservedQueue;

beforeAll(async () => {
  mkdirSync(state);
  queue = await openQueue(state);
});
afterAll(async () => {
  await queue.close();
  workspace.remove();
});

async function measure(name: string): Promise<Measure["values"] | undefined> {
  const measures = await readMeasures({ queue, git, state, repositories });
  return measures.find((one) => one.name === name)?.values;
}

test("a queue in which nothing happened has its counts at 0, so that the first step is seen", async () => {
  expect(await measure("sluice_build_retries_total")).toEqual([{ labels: {}, value: 0 }]);
  expect(await measure("sluice_removals_total")).toHaveLength(2);
  const duration = (await measure("sluice_build_duration_seconds"))!;
  expect(duration.at(-3)).toEqual({ part: "_bucket", labels: { le: "+Inf" }, value: 0 });
});

test("buckets are cumulated, and other outcomes of a class are at 0", async () => {
  const builds = [{ pkgbase: "a", class: "9", pkgnames: [], needs: [], reason: "r" }];
  await queue.submit({ commit: "c", target: "repo", arch: "any", source: "w", removals: [], builds });
  const claim = await queue.claim({ worker: "w", classes: "all", leaseMs: 60_000 });
  await queue.finish(claim!, { outcome: "failed", publishMs: 300 });
  const duration = (await measure("sluice_build_duration_seconds"))!;
  expect(duration.filter(({ part }) => part === "_bucket").map(({ value }) => value)).toEqual(
    duration.slice(0, -2).map(() => 1),
  );
  const publishing = (await measure("sluice_publish_duration_seconds"))!;
  expect(publishing.map(({ value }) => value).slice(0, 3)).toEqual([0, 1, 1]);
  expect(publishing.at(-2)).toMatchObject({ part: "_sum", value: 0.3 });
  const ended = (await measure("sluice_builds_finished_total"))!;
  expect(ended).toHaveLength(7);
  expect(ended.filter(({ value }) => value > 0)).toMatchObject([
    { labels: { class: "9", outcome: "failed" } },
  ]);
});

test("Redis is up or down as the manager says, and ready builds that nobody takes are counted", async () => {
  expect(await measure("sluice_redis_up")).toBeUndefined();
  const builds = [{ pkgbase: "b", class: "heavy", pkgnames: [], needs: [], reason: "r" }];
  await queue.submit({ commit: "c", target: "repo", arch: "any", source: "w", removals: [], builds });
  await writeLiveBuilders(state, [], { at: Date.now(), here: [], redis: { usedBytes: 5 } });
  expect(await measure("sluice_redis_up")).toEqual([{ labels: {}, value: 1 }]);
  expect(await measure("sluice_redis_memory_bytes")).toEqual([{ labels: {}, value: 5 }]);
  expect(await measure("sluice_builds_without_builder")).toEqual([{ labels: {}, value: 1 }]);
  await writeLiveBuilders(state, [], { at: Date.now(), here: [], redis: null });
  expect(await measure("sluice_redis_up")).toEqual([{ labels: {}, value: 0 }]);
  expect(await measure("sluice_redis_memory_bytes")).toBeUndefined();
});

test("what the gate holds is read of the branch state, wherever the pipelines run", async () => {
  expect(await measure("sluice_upstreams_asked_timestamp_seconds")).toEqual([{ labels: {}, value: 0 }]);
  workspace.commit("start");
  workspace.git("checkout", "-q", "--orphan", "state");
  workspace.write("foo", `SLUICE_HELD=${"a".repeat(16)}\n`);
  workspace.write("bar", `SLUICE_FOUND=${"b".repeat(16)}@1700000000\n`);
  workspace.commit("state");
  workspace.git("checkout", "-q", "main");
  expect(await measure("sluice_updates_waiting")).toEqual([
    { labels: { state: "held" }, value: 1 },
    { labels: { state: "cooling-down" }, value: 1 },
    { labels: { state: "refused" }, value: 0 },
  ]);
  expect((await measure("sluice_upstreams_asked_timestamp_seconds"))![0]!.value).toBeGreaterThan(1e9);
});
