import { execFileSync } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { GitServer } from "./world/git-server.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { sluice, startSluice, type Running } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot", "pacman", "pacman-key");
if (probeBubblewrap()) missing.push("a working bubblewrap");

const needs = `(needs ${missing.join(", ") || "nothing more"})`;

/** A package built from the newest commit of `tool` there, whose file is its version. */
function addToolGit(workspace: ScratchWorkspace, upstream: GitServer): void {
  const source = `tool::git+${upstream.url("tool")}`;
  const lines = `source=('${source}')\nsha256sums=('SKIP')\npkgver() { cat tool/version; }\n`;
  workspace.addRecipe("tool-git", { lines });
  const srcinfo = workspace.read("packages/tool-git/.SRCINFO");
  const fields = `\tsource = ${source}\n\tsha256sums = SKIP\n\npkgname`;
  workspace.write("packages/tool-git/.SRCINFO", srcinfo.replace("\npkgname", fields));
}

function addNightly(workspace: ScratchWorkspace): void {
  workspace.addRecipe("nightly");
  workspace.write("packages/nightly/.CI/config", "CI_ON_TRIGGER=daily\n");
}

/** `pkgbase: built: version` of each, sorted. */
function builtIn(said: string): string[] {
  return [...said.matchAll(/^(\S+: built: \S+)/gm)].map(([, line]) => line!).toSorted();
}

describe.skipIf(missing.length > 0)(
  `what pipelines decide reaches a builder that has nothing but its clone ${needs}`,
  () => {
    const workspace = new ScratchWorkspace();
    const upstream = new GitServer();
    const builder = join(workspace.base, "builder");
    const folder = join(builder, ".sluice/repositories/test/x86_64");
    let up: Running;
    let client: PacmanClient;

    const release = (version: string): string => upstream.commit("tool", { files: { version } });
    /** In the pipeline's clone, which is the person's here. */
    const pipeline = async (...args: readonly string[]): Promise<void> => {
      expect(await workspace.sluice(args)).toMatchObject({ code: 0 });
    };

    beforeAll(async () => {
      await upstream.start();
      release("1");
      workspace.write(
        ".ci/config",
        "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_FETCH_INTERVAL=1\nCI_OVERWRITE_COMMITS=true\n",
      );
      addToolGit(workspace, upstream);
      addNightly(workspace);
      workspace.publishScheduled();
      execFileSync("git", ["clone", "-q", workspace.origin, builder]);
    });
    afterAll(async () => {
      up?.kill("SIGKILL");
      await up?.ended;
      await client?.close();
      await upstream.stop();
      workspace.remove();
    });

    test("a -git package whose upstream moved between its build and the first look is built again", async () => {
      up = startSluice(["up", "--port", "0"], { cwd: builder });
      const [, url = ""] = await up.saying(/^Serving .* at (\S+)$/m);
      await up.saying(/tool-git: built: 1-1/);
      client = await pacmanClient("test", `${url}/$repo/$arch`);
      await client.trust(join(folder, "../test.asc"));
      expect(await client.pacman("-Sy", "tool-git")).toMatchObject({ ok: true });
      release("2");
      await pipeline("on-schedule");
      await up.saying(/tool-git: built: 2-1/);
      expect(await client.pacman("-Syu")).toMatchObject({ ok: true });
      expect(await client.installed()).toEqual({ "tool-git": "2-1" });
    });

    test("a new commit upstream, a trigger, and what somebody asks for are each built once", async () => {
      release("3");
      await pipeline("on-schedule");
      await pipeline("on-schedule");
      await up.saying(/tool-git: built: 3-1/);
      await pipeline("on-schedule", "--trigger", "daily");
      await up.saying(/nightly: built: 1-1/);
      release("4");
      await pipeline("schedule", "tool-git");
      await up.saying(/tool-git: built: 4-1/);
      expect(await client.pacman("-Syu", "nightly")).toMatchObject({ ok: true });
      expect(await client.installed()).toEqual({ "tool-git": "4-1", nightly: "1-1" });
    });

    test("while the remote is gone it says so once and serves on", async () => {
      renameSync(workspace.origin, `${workspace.origin}.away`);
      await up.saying(/warning: git ls-remote/);
      expect(await client.pacman("-Syy")).toMatchObject({ ok: true });
      renameSync(`${workspace.origin}.away`, workspace.origin);
      await up.saying(/the remote answers again/);
      expect(up.said().match(/warning:/g)).toHaveLength(1);
    });

    test("after days offline, with main overwritten meanwhile, it builds what is missing, each once", async () => {
      up.kill("SIGTERM");
      expect(await up.ended).toBe(0);
      for (const day of ["5", "6", "7"]) {
        release(day);
        workspace.addRecipe("other", { pkgver: day });
        workspace.git("commit", "-q", "--amend", "--allow-empty", "-m", "start", "--no-verify");
        workspace.git("add", "-A");
        workspace.git("commit", "-q", "--amend", "-m", `day ${day}`);
        workspace.git("push", "-q", "--force", "origin", "main");
        await pipeline("on-schedule");
        await pipeline("on-schedule", "--trigger", "daily");
      }
      const { code, stderr } = await sluice(["up", "--once"], { cwd: builder });
      expect({ code, built: builtIn(stderr), stderr }).toMatchObject({
        code: 0,
        built: ["other: built: 7-1", "tool-git: built: 7-1"],
      });
      expect(existsSync(join(builder, "packages/other/PKGBUILD"))).toBe(true);
    });
  },
);

describe.skipIf(missing.length > 0)(`without a forge, sluice up --pipelines is all there is ${needs}`, () => {
  const workspace = new ScratchWorkspace();
  const upstream = new GitServer();
  afterAll(async () => {
    await upstream.stop();
    workspace.remove();
  });

  test("it follows upstream and fires the daily trigger, each once, also without a remote", async () => {
    await upstream.start();
    upstream.commit("tool", { files: { version: "1" } });
    workspace.git("remote", "remove", "origin");
    addToolGit(workspace, upstream);
    addNightly(workspace);
    workspace.commit("packages");
    const run = async (): Promise<string[]> => {
      const { code, stderr } = await workspace.sluice(["up", "--once", "--pipelines"]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      return builtIn(stderr);
    };
    expect(await run()).toEqual(["nightly: built: 1-1", "tool-git: built: 1-1"]);
    upstream.commit("tool", { files: { version: "2" } });
    expect(await run()).toEqual(["tool-git: built: 2-1"]);
    expect(await run()).toEqual([]);
  });
});

describe.skipIf(missing.length > 0)(`a pipeline of sluice up --pipelines that fails ${needs}`, () => {
  const workspace = new ScratchWorkspace();
  afterAll(() => workspace.remove());

  test("is said and tried again, and what is built goes on being served", async () => {
    workspace.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_FETCH_INTERVAL=1\n");
    workspace.addRecipe("a");
    workspace.publishScheduled();
    renameSync(workspace.origin, `${workspace.origin}.away`);
    const up = startSluice(["up", "--pipelines", "--port", "0"], { cwd: workspace.dir });
    await up.saying(/^on-commit: it is tried again$/m);
    await up.saying(/^a: built: 1-1/m);
    workspace.addRecipe("b");
    const commit = workspace.commit("b");
    renameSync(`${workspace.origin}.away`, workspace.origin);
    workspace.git("push", "-q", "origin", "main");
    await up.saying(/^on-commit: commit \S+: 1 to build$/m);
    await up.saying(/^b: built: 1-1/m);
    expect(workspace.scheduled()).toBe(commit);
    up.kill("SIGTERM");
    expect(await up.ended).toBe(0);
  });
});
