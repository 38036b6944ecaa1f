import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { aurRecipe } from "./world/aur-recipe.ts";
import { ScheduleDays } from "./world/schedule-days.ts";

const built = join(import.meta.dirname, "../dist");

/** `sluice add foo/aur` as the command goes it, over an AUR that has just this recipe. */
const program = `
import { appendFileSync } from "node:fs";
import { planAdd } from "${built}/ci/operations/add.js";
import { runOperation } from "${built}/ci/operations/operation.js";
import { readPlatform } from "${built}/ci/pipeline/platform.js";
import { openGit } from "${built}/git/git.js";
const { dir, log, checkpointToDieAt, files } = JSON.parse(process.argv[1]);
const checkpoint = (moment, step) => {
  const passed = moment + " " + step;
  appendFileSync(log, passed + "\\n");
  if (passed === checkpointToDieAt) process.kill(process.pid, "SIGKILL");
};
const recipe = new Map(Object.entries(files).map(([path, text]) => [path, { mode: "100644", bytes: Buffer.from(text) }]));
const sighting = {
  kind: "recipe",
  recipe: { files: recipe, revision: "r1", committedAt: 0, maintainers: ["alice"] },
  seen: { timestamp: 7, revision: "r1" },
};
const upstreams = { recipes: async () => new Map([["foo", sighting]]), libraries: async () => [] };
const aur = { pkgbasesOf: async () => new Map(), oldestSubmissions: async () => new Map([["alice", 0]]) };
const ports = {
  git: openGit(dir, process.env),
  platform: readPlatform({}),
  now: () => new Date(),
  progress: () => undefined,
  checkpoint,
  upstreams: () => upstreams,
  aur: () => aur,
};
const options = { acceptRisk: false, withDependencies: false, origin: undefined, reason: undefined };
await runOperation(ports, () => planAdd(ports, ["foo/aur"], options)).catch((error) => {
  if (!error.message.includes("foo exists already")) throw error;
});
`;

const start = new ScheduleDays();
beforeAll(async () => {
  start.world.addPackage("bar");
  start.world.publishScheduled();
  await start.run();
  start.world.write("packages/bar/helper.sh", "true\n");
  start.world.commit("by hand");
  start.world.git("push", "-q", "origin", "main");
});
afterAll(() => start.world.remove());

let days: ScheduleDays;
beforeEach(() => {
  days = new ScheduleDays(start);
});
afterEach(() => days.world.remove());

/** One run in a process of its own; returns the packages of the schedule that its push emitted. */
function add(checkpointToDieAt?: string): { killed: boolean; emitted: string[] } {
  const before = days.refs();
  rmSync(join(days.world.dir, ".ci/schedule.json"), { force: true });
  const input = {
    dir: days.world.dir,
    log: join(days.world.base, "passed.log"),
    checkpointToDieAt,
    files: aurRecipe("foo"),
  };
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", program, JSON.stringify(input)], {
    encoding: "utf8",
  });
  if (run.signal !== "SIGKILL" && run.status !== 0) throw new Error(run.stderr);
  const path = join(days.world.dir, ".ci/schedule.json");
  const isEmitted = days.refs() !== before && existsSync(path);
  const emitted = isEmitted ? (JSON.parse(readFileSync(path, "utf8")) as Schedule).builds : [];
  return { killed: run.signal === "SIGKILL", emitted: emitted.map(({ pkgbase }) => pkgbase) };
}

const checkpoints = ["schedule file placed", "old schedule file deleted", "main pushed"].flatMap((step) => [
  `before ${step}`,
  `after ${step}`,
]);

describe("sluice add killed", () => {
  test("passes these steps and no others", () => {
    add();
    const passed = new Set(readFileSync(join(days.world.base, "passed.log"), "utf8").trim().split("\n"));
    expect([...passed].filter((checkpoint) => !checkpoints.includes(checkpoint))).toEqual([]);
    expect(passed).toContain("after main pushed");
  });

  for (const checkpoint of checkpoints.filter((one) => !one.includes("deleted"))) {
    test(`${checkpoint}, and run again: the package comes once, with its state, and all is scheduled once`, () => {
      const first = add(checkpoint);
      expect(first.killed).toBe(true);
      const second = add();

      expect([...first.emitted, ...second.emitted].sort()).toEqual(["bar", "foo"]);
      expect(days.world.atOrigin("log", "--format=%s", "main")).toBe("feat(add): foo\nby hand\nstart");
      expect(days.atOrigin("foo", "state")).toContain("CI_PKGBUILD_TIMESTAMP=7");
      expect(days.world.scheduled()).toBe(days.world.atOrigin("rev-parse", "main"));
      execFileSync("git", ["-C", days.world.origin, "fsck", "--strict"], { stdio: "pipe" });
    });
  }
});
