import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { underLock } from "../tools/system/lock.ts";
import { sluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => {
  w = new ScratchWorkspace();
  w.addPackage("libcalc", { pkgnames: ["libcalc", "libcalc-docs"] });
  w.addPackage("app", { lines: ["depends = libcalc"] });
  w.publishScheduled();
});
afterEach(() => w.remove());

function builds(): (string | null)[][] {
  const schedule = JSON.parse(w.read(".ci/schedule.json")) as Schedule;
  return schedule.builds.map(({ pkgbase, class: name }) => [pkgbase, name]);
}

describe("names", () => {
  test("a mistyped one is answered with the nearest, whoever asks", async () => {
    for (const command of ["why", "build", "drop", "bump", "schedule", "push-aur"]) {
      const { code, stderr } = await w.sluice([command, "libcal"]);
      expect([command, code]).toEqual([command, 2]);
      expect(stderr).toContain("did you mean libcalc?");
    }
    w.commit("once more [deploy libcal]");
    const { code, stderr } = await w.onCommit();
    expect([code, stderr]).toEqual([1, expect.stringContaining('"libcal" (did you mean libcalc?)')]);
  });

  test("the name of what a package makes stands for the package", async () => {
    expect((await w.sluice(["why", "libcalc-docs"])).stdout).toContain("libcalc would not be built");
    await w.sluice(["schedule", "libcalc-docs/heavy"]);
    expect(builds()).toEqual([["libcalc", "heavy"]]);
    w.delete(".ci/schedule.json");
    w.commit("once more [deploy libcalc-docs]");
    await w.onCommit();
    expect(builds()).toEqual([["libcalc", null]]);
    const { stdout } = await w.sluice(["drop", "--dry-run", "libcalc-docs"]);
    expect(stdout).toMatch(/^drop +libcalc +asked for by hand$/m);
  });
});

test("a folder that is no workspace is said to be none, by whatever is asked there", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "sluice-test-"));
  try {
    for (const command of [["review"], ["on-schedule"], ["queue"], ["log", "app"], ["cancel", "app"]]) {
      const { code, stderr } = await sluice(command, { cwd });
      expect([command, code]).toEqual([command, 2]);
      expect(stderr).toContain(`${cwd}: not a Git repository\n`);
      expect(stderr).toContain("name one with --root");
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

describe("edits that aren't committed", () => {
  beforeEach(() => w.write("packages/app/helper.sh", "true\n"));

  test("are mentioned by lint and why, where they concern what was asked", async () => {
    const mentioned = "Not committed, and so not built: packages/app/helper.sh";
    expect((await w.sluice(["lint"])).stderr).toContain(mentioned);
    expect((await w.sluice(["why", "app"])).stderr).toBe(mentioned);
    expect((await w.sluice(["why", "libcalc"])).stderr).toBe("");
  });

  test("are mentioned where somebody asks for a package that isn't committed", async () => {
    w.addPackage("fresh");
    const { code, stderr } = await w.sluice(["why", "fresh"]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      "Not committed, and so not built: packages/fresh/.SRCINFO, packages/fresh/PKGBUILD",
    );
    expect(stderr).toContain("there is no package fresh in this workspace");
  });
});

test("an address that pacman couldn't use, or that isn't this machine's, is refused before anything is built", async () => {
  const odd = await w.sluice(["up", "--address", "repo.example.org"]);
  expect([odd.code, odd.stderr]).toEqual([
    2,
    expect.stringContaining("is not an address that pacman could use"),
  ]);
});

test("two builders don't share a folder: the second one is told to take one of its own", async () => {
  const state = mkdtempSync(join(tmpdir(), "sluice-test-"));
  // Both addresses are this machine's; nothing has to answer there before the folder is taken.
  const env = {
    BUILDER_TOKEN: "t".repeat(43),
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: "9",
    MANAGER_URL: "http://127.0.0.1:9",
  };
  try {
    const { code, stderr } = await underLock(join(state, ".lock"), 0, () =>
      sluice(["builder", "--state", state], { env }),
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining(`another builder works in ${state}\n`)]);
    expect(stderr).toContain("--state DIR");
  } finally {
    rmSync(state, { recursive: true });
  }
});
