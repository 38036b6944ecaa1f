import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Result } from "../../queue/queue.ts";
import { openQueue } from "../installation.ts";
import { failingPackages } from "./failing.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-failing-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a package fails since its first failure after the last good build, and no longer than until the next one", async () => {
  let now = 0;
  const queue = await openQueue(folder, { now: () => now });
  async function build(commit: string, result: Result): Promise<void> {
    const one = { class: null, pkgnames: ["foo"], needs: [], reason: "asked for" };
    const { target, arch, source } = { target: "test", arch: "x86_64", source: "scratch" };
    await queue.submit({
      commit,
      arch,
      target,
      source,
      builds: [{ ...one, pkgbase: "foo" }],
      removals: [],
    });
    const claim = await queue.claim({ worker: "here", classes: "all", leaseMs: 60_000 });
    now += 1000;
    await queue.finish(claim!, result);
  }
  await build("a0", { outcome: "failed", message: "long ago" });
  await build("b1", { outcome: "built", message: "1-1" });
  await build("c2", { outcome: "failed", message: "first" });
  await build("d3", { outcome: "timed-out", message: "last" });
  expect(await failingPackages(queue, "test")).toEqual([
    {
      pkgbase: "foo",
      arch: "x86_64",
      outcome: "timed-out",
      message: "last",
      since: 3000,
      firstCommit: "c2",
      commit: "d3",
      builds: 2,
      build: 4,
    },
  ]);
  expect(await failingPackages(queue, "elsewhere")).toEqual([]);
  await build("e4", { outcome: "built", message: "2-1" });
  expect(await failingPackages(queue, "test")).toEqual([]);
  await queue.close();
});
