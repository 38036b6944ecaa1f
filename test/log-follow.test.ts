import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openQueue } from "../tools/manager/installation.ts";
import { startSluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const workspace = new ScratchWorkspace();
afterAll(() => workspace.remove());

test("a log is followed as it is written, until its build has ended, and nothing in it steers the terminal", async () => {
  workspace.addPackage("foo");
  workspace.commit("foo");
  const state = join(workspace.dir, ".sluice");
  const queue = await openQueue(state);
  await queue.submit({
    commit: workspace.git("rev-parse", "HEAD"),
    arch: "x86_64",
    target: "test",
    source: "scratch",
    builds: [{ pkgbase: "foo", class: null, pkgnames: ["foo"], needs: [], reason: "asked for" }],
    removals: [],
  });
  const claim = await queue.claim({ worker: "here", classes: "all", leaseMs: 600_000 });
  const log = join(state, "logs/foo", `${claim!.build.id}.log`);
  mkdirSync(join(state, "logs/foo"), { recursive: true });
  writeFileSync(log, "first\n");

  const following = startSluice(["log", "foo", "--follow"], { cwd: workspace.dir });
  await following.saying(/^first$/m);
  appendFileSync(log, "second \u001b[2J\n");
  await following.saying(/^second \\u001b\[2J$/m);
  appendFileSync(log, "last\n");
  await queue.finish(claim!, { outcome: "failed", message: "so" });
  expect(await following.ended).toBe(0);
  expect(following.said()).toMatch(/^last$/m);
  await queue.close();
});
