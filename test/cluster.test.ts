import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { missingPrograms } from "./world/programs.ts";
import { startSluice, type Running } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server")].filter((name) => name !== "");

describe.skipIf(missing.length > 0)(`a cluster (needs ${missing.join(", ") || "nothing more"})`, () => {
  const workspace = new ScratchWorkspace();
  let up: Running | undefined;
  afterAll(async () => {
    up?.kill("SIGKILL");
    await up?.ended;
    workspace.remove();
  });

  test("one command brings up manager, Redis and two builders, and takes them all down again", async () => {
    for (const name of ["one", "two"]) workspace.addRecipe(name);
    workspace.publishScheduled("two packages");
    const cluster = startSluice(["up", "--cluster", "--port", "0"], { cwd: workspace.dir });
    up = cluster;
    await Promise.all([/^one: built: 1-1/m, /^two: built: 1-1/m].map((built) => cluster.saying(built)));
    expect(cluster.said()).toMatch(/\[cluster-[12]\] (one|two): built/);
    cluster.kill("SIGTERM");
    expect(await cluster.ended).toBe(0);
    const state = join(workspace.dir, ".sluice");
    expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(state);
  });
});
