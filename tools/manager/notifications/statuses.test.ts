import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { goodToken, standIns } from "../../../test/world/forges.ts";
import type { ForgeServer } from "../../../test/world/forge-server.ts";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { readTargets, type TargetSettings } from "../../notify/settings.ts";
import type { Outcome } from "../../queue/outcome.ts";
import type { ObservedQueue } from "../../queue/event-readers.ts";
import { openSqliteQueue } from "../../queue/sqlite/sqlite.ts";
import { linksTo } from "./links.ts";
import { startNotifier, type Notifier } from "./notifier.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-statuses-"));
const world = new ScratchWorkspace();
beforeAll(() => {
  world.commit("start");
  world.git("push", "-q", "origin", "main");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  world.remove();
});

const commit = "a".repeat(40);
const pipeline = { commit, id: "77", url: null };
const outages = { backoff: 1, longestBackoff: 5, setup: 5 };
const pace = { gather: 0, longestGather: 0, apart: 0, ...outages };
let files = 0;

const troubles: unknown[] = [];
const noteTrouble = (error: unknown): void => void troubles.push(error);

describe.each(standIns)("commit statuses on $kind", ({ kind, start }) => {
  let forge: ForgeServer;
  let queue: ObservedQueue;
  let notifier: Notifier | undefined;
  const isGitLab = kind === "gitlab";
  const failed = isGitLab ? "failed" : "failure";

  beforeEach(async () => {
    forge = await start(world.origin);
    queue = await openSqliteQueue(join(folder, `${++files}.db`));
    troubles.length = 0;
  });
  afterEach(async () => {
    await notifier?.close();
    notifier = undefined;
    await queue.close();
    await forge.stop();
  });

  async function tell(more: object = {}, timing = pace): Promise<void> {
    const table = { kind, project: forge.project, api: forge.apiUrl, token: goodToken, ...more };
    const targets: TargetSettings[] = readTargets({ forge: table }, "notify.toml");
    const links = linksTo({ pages: "https://p.example", logs: undefined, workspaces: {} });
    notifier = await startNotifier({
      queue,
      targets,
      links,
      owner: `o${files}`,
      troubled: noteTrouble,
      pace: () => timing,
    });
  }

  async function submit(names: readonly string[], by = pipeline, target = "repo"): Promise<void> {
    const about = { commit: "b".repeat(40), target, arch: "any", source: "w", removals: [] };
    const builds = names.map((pkgbase) => ({ pkgbase, class: null, pkgnames: [], needs: [], reason: "r" }));
    await queue.submit({ ...about, builds, pipeline: by });
  }

  async function end(outcome: Outcome, message?: string): Promise<void> {
    const claim = await queue.claim({ worker: "attic", classes: "all", leaseMs: 60_000 });
    await queue.finish(claim!, { outcome, ...(message !== undefined && { message }) });
  }

  /** Each name's last state at the forge, once all has been told. */
  async function states(): Promise<Record<string, string>> {
    for (;;) {
      const [reader] = await queue.readers();
      if (reader?.behindSince === null) break;
      await delay(2);
    }
    return Object.fromEntries(forge.statuses.map(({ name, state }) => [name, state]));
  }

  test("a commit that started a pipeline gets each build's state, with what to read and where", async () => {
    await tell({ context: "chaotic: %pkgbase%" });
    await submit(["a+b", "c"]);
    expect(await states()).toEqual({ "chaotic: a+b": "pending", "chaotic: c": "pending" });
    expect(forge.statuses[0]).toMatchObject({
      commit,
      description: "Waiting for builder...",
      url: "https://p.example/build/1",
      ...(isGitLab && { pipeline: 77 }),
    });
    const claim = await queue.claim({ worker: "attic", classes: "all", leaseMs: 60_000 });
    expect((await states())["chaotic: a+b"]).toBe(isGitLab ? "running" : "pending");
    await queue.finish(claim!, { outcome: "failed", message: "exit code 4" });
    await end("built");
    expect(await states()).toEqual({ "chaotic: a+b": failed, "chaotic: c": "success" });
    expect(
      forge.statuses.find(({ name, state }) => name === "chaotic: a+b" && state === failed),
    ).toMatchObject({ description: "exit code 4" });
  });

  test("jobs of releases have the release in their status, also where two of a commit have the same jobs", async () => {
    await tell({ context: "s: %pkgbase%" });
    await submit(["check.unit"], pipeline, "app/stable@v1.0");
    await submit(["check.unit"], pipeline, "app/extra@handcrafted-1");
    await end("built");
    expect(await states()).toEqual({
      "s: app stable v1.0 check.unit": "success",
      "s: app extra handcrafted-1 check.unit": "pending",
    });
    expect(forge.statuses.find(({ state }) => state === "success")).toMatchObject({ description: "Green" });
  });

  test("what was cancelled, blocked, or is built for a later commit is said to be so", async () => {
    await tell();
    await submit(["gone", "later"]);
    await states();
    await queue.cancel({ target: "repo", arch: "any", pkgbase: "gone" }, "not wanted");
    await submit(["later"], { ...pipeline, commit: "c".repeat(40) });
    await states();
    expect(lastOf(forge, commit, "gone")).toBe(isGitLab ? "canceled" : "error");
    expect(lastOf(forge, commit, "later")).toBe(isGitLab ? "canceled" : "error");
    expect(lastOf(forge, "c".repeat(40), "later")).toBe("pending");
  });

  test("after an outage the last state is right, and nothing in between is sent any more", async () => {
    await tell();
    forge.fault = { kind: "answers", status: 502, body: { message: "Bad Gateway" } };
    await submit(["a", "b"]);
    while (troubles.length === 0) await delay(2);
    await end("failed");
    await end("built");
    forge.faults = [];
    expect(await states()).toEqual({ "sluice: a": failed, "sluice: b": "success" });
    const posts = forge.statuses.filter(({ name }) => name === "sluice: b");
    expect(posts.length).toBeLessThanOrEqual(2);
  });

  test("an answer that is lost, and a limit, change nothing about the last state", async () => {
    await tell();
    forge.faults = [
      { kind: "cut", times: 1 },
      { kind: "answers", status: 429, headers: { "retry-after": "0" }, body: { message: "slow" }, times: 1 },
    ];
    await submit(["a"]);
    expect(await states()).toEqual({ "sluice: a": "pending" });
    forge.fault = { kind: "cut", times: 1 };
    await end("failed");
    expect(await states()).toEqual({ "sluice: a": failed });
  });

  test("a commit with more packages than get a status of their own has one for all of them", async () => {
    forge.mostStatuses = isGitLab ? 15 : 1000;
    await tell({ most: 10 }, { ...pace, gather: 5 });
    await submit(Array.from({ length: 10 }, (_, at) => `own${at}`));
    await submit(Array.from({ length: 60 }, (_, at) => `p${at}`));
    expect(Object.keys(await states())).toHaveLength(11);
    expect(forge.statuses.find(({ name }) => name === "sluice: all packages")).toMatchObject({
      state: "pending",
    });
    for (let at = 0; at < 68; at++) await end("built");
    await states();
    await end("timed-out");
    expect((await states())["sluice: all packages"]).toBe(isGitLab ? "running" : "pending");
    expect(forge.statuses.at(-1)?.description).toMatch(/^\d+ % of 60 packages are done$/);
    await end("failed");
    expect((await states())["sluice: all packages"]).toBe(failed);
    const description = forge.statuses.at(-1)!.description;
    expect(description).toMatch(/^2 of 60 packages failed: p\d+, p\d+$/);
    expect(troubles).toEqual([]);
  });

  test("a commit that the forge hasn't, and other workspaces, hold nothing up", async () => {
    await tell({ source: "w" });
    await submit(["a"], { ...pipeline, commit: "0".repeat(40) });
    await submit(["b"]);
    expect(await states()).toEqual({ "sluice: b": "pending" });
    expect(troubles).toMatchObject([{ code: "forge-refused" }]);
  });

  test("a token that isn't right waits for a person, and then all is told", async () => {
    const may = forge.tokens.get(goodToken)!;
    forge.tokens.delete(goodToken);
    await tell();
    await submit(["a"]);
    while (troubles.length === 0) await delay(2);
    expect(troubles[0]).toMatchObject({ code: "forge-token" });
    expect(JSON.stringify(troubles)).not.toContain(goodToken);
    forge.tokens.set(goodToken, may);
    expect(await states()).toEqual({ "sluice: a": "pending" });
  });
});

function lastOf(forge: ForgeServer, sha: string, name: string): string | undefined {
  return forge.statuses.findLast((each) => each.commit === sha && each.name === `sluice: ${name}`)?.state;
}
