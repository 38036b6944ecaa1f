import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueueState } from "../tools/queue/queue.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { startSluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot");
if (probeBubblewrap()) missing.push("a working bubblewrap");
const needs = `(needs ${missing.join(", ") || "nothing more"})`;

interface Row {
  readonly pkgbase: string;
  readonly outcome: string;
  readonly message: string;
}

describe.skipIf(missing.length > 0)(`how builds end ${needs}`, () => {
  const workspace = new ScratchWorkspace();
  const base = "BUILD_REPO=test\nREPO_NAME=scratch\n";
  async function build(...names: string[]): Promise<{ code: number; rows: readonly Row[]; stderr: string }> {
    const { code, stdout, stderr } = await workspace.sluice(["build", "--json", "--jobs", "2", ...names]);
    return { code, rows: stdout === "" ? [] : (JSON.parse(stdout) as Row[]), stderr };
  }
  const state = async (): Promise<QueueState> =>
    JSON.parse((await workspace.sluice(["queue", "--json"])).stdout) as QueueState;
  beforeAll(() => {
    workspace.addRecipe("good");
    workspace.addRecipe("bad", { lines: "build() { echo 'no rule to make it'; false; }" });
    workspace.addRecipe("needs-bad", { depends: ["bad"] });
    workspace.addRecipe("needs-needs-bad", { depends: ["needs-bad"] });
    workspace.addRecipe("content", { lines: "build() { exit 77; }" });
    workspace.addRecipe("wrong-sum", { lines: "source=('file')\nsha256sums=('00')" });
    workspace.write("packages/wrong-sum/file", "something else\n");
    workspace.write(".ci/config", `${base}CI_CODE_SKIP=77\n`);
    workspace.commit("packages");
  });
  afterAll(() => workspace.remove());

  test("build without names builds what isn't published, and tells each outcome as JSON", async () => {
    const { code, rows, stderr } = await build();
    const outcomes = Object.fromEntries(rows.map(({ pkgbase, outcome }) => [pkgbase, outcome]));
    expect(outcomes).toEqual({
      bad: "failed",
      content: "skipped",
      good: "built",
      "needs-bad": "blocked",
      "needs-needs-bad": "blocked",
      "wrong-sum": "failed",
    });
    expect(code).toBe(1);
    expect(rows.find(({ pkgbase }) => pkgbase === "needs-needs-bad")?.message).toBe("by bad (failed)");
    const [, log = ""] = /bad: failed.*\n {2}log: (\S+)/.exec(stderr) ?? [];
    expect(readFileSync(log, "utf8")).toContain("no rule to make it");
    expect(readFileSync(log, "utf8").match(/^:: failed: /gm)).toHaveLength(1);
  });

  test("who is blocked, and by whose failure, can be seen", async () => {
    const { stdout } = await workspace.sluice(["queue"]);
    expect(stdout).toMatch(/^needs-bad +any +blocked by bad \(failed\)/m);
    expect(stdout).toMatch(/^needs-needs-bad +any +blocked by bad \(failed\)/m);
    expect((await state()).builds.map(({ status }) => status.kind)).toEqual(["blocked", "blocked"]);
  });

  test("what failed isn't tried again by itself, what was published isn't built again when asked for", async () => {
    const up = await workspace.sluice(["up", "--once"]);
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/^bad: failed$/m);
    expect(up.stderr).toMatch(/^needs-bad: blocked by bad$/m);
    expect(up.stderr).not.toMatch(/building|all is published/);
    expect(up.stderr).toMatch(
      /^commit \w+: not published: bad \(failed\), content \(skipped\), needs-bad \(blocked\)/m,
    );
    const { code, rows } = await build("good");
    expect({ code, rows }).toMatchObject({ code: 0, rows: [{ pkgbase: "good", outcome: "already-built" }] });
  });

  test("whoever looks in later sees what fails since when, and what its build said", async () => {
    const status = await workspace.sluice(["status"]);
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(
      /^failed +bad +\S.* +since commit \w{10}: build\(\) failed: no rule to make it$/m,
    );
    expect(status.stdout).toMatch(/^blocked +needs-bad .*blocked by bad \(failed\)/m);
    expect(status.stderr).toMatch(/^1 of 6 packages are published as main has them, the last .+ ago\.$/m);
    const { stdout } = await workspace.sluice(["status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      needsPerson: true,
      failing: [{ pkgbase: "bad" }, {}],
      held: [],
    });

    const log = await workspace.sluice(["log", "bad"]);
    expect(log).toMatchObject({ code: 0, stdout: expect.stringMatching(/^no rule to make it$/m) });
    const { stdout: why } = await workspace.sluice(["why", "bad"]);
    expect(why).toMatch(
      /^its last build failed, first .* ago, .*no rule to make it \(sluice log bad --build \d+\)$/m,
    );
    const [, build = ""] = /--build (\d+)/.exec(why) ?? [];
    expect((await workspace.sluice(["log", "bad", "--build", build, "--follow"])).stdout).toBe(log.stdout);
    const { code, stderr } = await workspace.sluice(["log", "bad", "--build", "999"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`There are: ${build}.`) });
  });

  test("the commit that fixes it releases what needs it", async () => {
    workspace.addRecipe("bad", { pkgver: "2" });
    workspace.delete("packages/wrong-sum");
    workspace.commit("fix");
    const { code, stdout, stderr } = await workspace.sluice(["up", "--once"]);
    expect(stderr).toMatch(/^needs-needs-bad: built: 1-1/m);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  });

  test("a failure that a commit reverts is forgotten", async () => {
    workspace.addRecipe("bad", { pkgver: "3", lines: "build() { false; }" });
    workspace.commit("break");
    expect((await workspace.sluice(["up", "--once"])).code).toBe(1);
    workspace.addRecipe("bad", { pkgver: "2" });
    workspace.commit("take it back");
    const { code, stderr } = await workspace.sluice(["up", "--once"]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/bad: already-built/) });
  });

  test("with an older version published that satisfies the dependency it is built, else it is blocked", async () => {
    workspace.addRecipe("bad", { pkgver: "4", lines: "build() { false; }" });
    workspace.addRecipe("contented", { depends: ["bad>=2"] });
    workspace.addRecipe("demanding", { depends: ["bad>=4"] });
    workspace.commit("break again");
    const { code, rows } = await build();
    expect(code).toBe(1);
    expect(rows.map(({ pkgbase, outcome }) => [pkgbase, outcome]).toSorted()).toEqual([
      ["bad", "failed"],
      ["content", "skipped"],
      ["contented", "built"],
      ["demanding", "blocked"],
    ]);
  });

  test("CI_ON_DEPENDENCY_FAILURE=build builds nevertheless, =block never does", async () => {
    workspace.write(".ci/config", `${base}CI_ON_DEPENDENCY_FAILURE=build\n`);
    workspace.addRecipe("demanding", { pkgver: "2", depends: ["bad>=4"] });
    workspace.commit("build nevertheless");
    expect((await build("demanding")).rows).toContainEqual(
      expect.objectContaining({ pkgbase: "demanding", outcome: "built" }),
    );
    workspace.write(".ci/config", `${base}CI_ON_DEPENDENCY_FAILURE=block\n`);
    workspace.addRecipe("contented", { pkgver: "2", depends: ["bad>=2"] });
    workspace.commit("block");
    expect((await build("contented")).rows).toContainEqual(
      expect.objectContaining({ pkgbase: "contented", outcome: "blocked" }),
    );
  });

  test("an unknown name is an error that says where names come from", async () => {
    const { code, stdout, stderr } = await workspace.sluice(["build", "good", "no\u001b[2Jne"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain('there is no package "no\\u001b[2Jne"');
    expect(stderr).toContain("next: Names are those of the package folders at HEAD");
  });
});

describe.skipIf(missing.length > 0)(`builds that are ended ${needs}`, () => {
  const workspace = new ScratchWorkspace();
  beforeAll(() => {
    workspace.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_TIMEOUT=600\n");
    workspace.addRecipe("slow", { lines: "build() { echo 'now it sleeps'; sleep 300; }" });
    workspace.addRecipe("late", { lines: "build() { sleep 300; }" });
    workspace.write("packages/late/.CI/config", "BUILDER_EXTRA_TIMEOUT=0.1\nCI_ON_TRIGGER=never\n");
    workspace.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_TIMEOUT=30\n");
    workspace.commit("slow");
  });
  afterAll(() => workspace.remove());

  test("one that takes longer than its time is timed-out", async () => {
    const { code, stdout } = await workspace.sluice(["build", "late"]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^late +timed-out +it took/m),
    });
  });

  test("Ctrl-C hands a build back, in order; the next run goes on with it", async () => {
    const up = startSluice(["up", "--once"], { cwd: workspace.dir });
    await up.saying(/slow: building/);
    up.kill("SIGINT");
    expect(await up.ended).toBe(1);
    expect(up.said()).toMatch(/slow: lost: the builder was stopped/);
    expect(up.said()).toMatch(/Stopped with 1 to build; the next run continues with them/);
    const { stdout } = await workspace.sluice(["queue"]);
    expect(stdout).toMatch(/^slow +any +(lost, tried again at|ready)/m);
  });

  test("a build of a package that a commit removes is cancelled", async () => {
    const up = startSluice(["up", "--port", "0"], { cwd: workspace.dir });
    await up.saying(/slow: building/);
    workspace.delete("packages/slow");
    workspace.commit("no slow any more");
    await up.saying(/slow: cancelled/);
    await up.saying(/slow: removed/);
    up.kill("SIGTERM");
    expect(await up.ended).toBe(0);
    const { code, stderr } = await workspace.sluice(["up", "--once"]);
    expect({ code, stderr }).toMatchObject({ stderr: expect.stringMatching(/^late: timed-out$/m) });
    expect(stderr).not.toContain("slow");
  });
});
