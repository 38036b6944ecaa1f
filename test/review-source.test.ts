import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ForgeServer } from "./world/forge-server.ts";
import { goodToken, standIns } from "./world/forges.ts";
import { GitServer } from "./world/git-server.ts";
import { missingPrograms } from "./world/programs.ts";
import { recipe } from "./world/schedule-days.ts";
import { writeTar } from "./world/tar.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const isPossible = missingPrograms("bwrap", "bsdtar").length === 0;
const upstreams = new GitServer();
const archives = new Map<string, string>();
let w: ScratchWorkspace;
let server: ForgeServer;
let env: Record<string, string>;

/** A program at a forge of its own, released as `make dist` makes it, and its recipe beside it. */
beforeAll(async () => {
  await upstreams.start();
  release("1", { "configure.ac": "AC_INIT\n" }, { configure: "#!/bin/sh\n" });
  publish("1");
  w = new ScratchWorkspace();
  for (const [path, { bytes }] of recipeOf("1")) w.write(`packages/foo/${path}`, bytes);
  w.write("packages/foo/.CI/config", `CI_PKGBUILD_SOURCE=${upstreams.url("recipe")}\n`);
  w.publishScheduled();
  expect(await w.sluice(["on-schedule"])).toMatchObject({ code: 0 });
  server = await standIns[0]!.start(w.origin);
  env = {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: server.apiUrl,
    GITHUB_REPOSITORY: server.project,
    GITHUB_REF_TYPE: "branch",
    GITHUB_REF_NAME: "main",
    ACCESS_TOKEN: goodToken,
  };
});
afterAll(async () => {
  await server.stop();
  await upstreams.stop();
  w.remove();
});

function release(version: string, tagged: Record<string, string>, added: Record<string, string>): void {
  upstreams.commit("own/foo", { files: tagged, message: version });
  upstreams.git("own/foo", "tag", `v${version}`, "main");
  const files = Object.entries({ ...tagged, ...added }).map(([path, text]) => [
    `foo-${version}/${path}`,
    text,
  ]);
  const body = writeTar(Object.fromEntries(files)).toString("latin1");
  archives.set(version, body);
  const only = new RegExp(`^GET /own/foo/releases/download/v${version}/foo-${version}\\.tar$`);
  upstreams.http.faults = [...upstreams.http.faults, { kind: "answers", status: 200, body, only }];
}

function recipeOf(version: string): ReturnType<typeof recipe> {
  const file = `foo-${version}.tar`;
  const source = `${upstreams.http.url}/own/foo/releases/download/v${version}/${file}`;
  const sum = createHash("sha256").update(archives.get(version)!).digest("hex");
  const lines = [
    `source = ${source}`,
    `sha256sums = ${sum}`,
    ...(version === "1" ? [] : [`depends = lib${version}`]),
  ];
  return recipe("foo", version, { lines });
}

function publish(version: string): void {
  const files = [...recipeOf(version)].map(([path, { bytes }]) => [path, bytes.toString()] as const);
  upstreams.commit("recipe", { files: Object.fromEntries(files), message: `version ${version}` });
}

const asked = (): string[] => upstreams.http.asked.filter((line) => line.includes("/releases/"));
const body = (): string => server.current().findLast(({ state }) => state === "open")!.body;

test.skipIf(!isPossible)(
  "what a release holds beyond its tag is said first, once somebody looked, and stays said",
  async () => {
    release(
      "2",
      { "configure.ac": "AC_INIT\n", "Cargo.lock": "1\n" },
      { configure: "#!/bin/sh\n", "m4/build-to-host.m4": "eval\n" },
    );
    publish("2");
    expect(await w.sluice(["on-schedule"], env)).toMatchObject({ code: 0 });
    expect(body()).not.toContain("Source");
    expect(asked()).toEqual([]);

    const { code, stdout } = await w.sluice(["review", "show", "foo", "--source"], env);
    const sentence =
      "`foo-2.tar` holds `m4/build-to-host.m4` (a build script), which tag `v2` doesn't have, and the version before didn't";
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`Look at first:\n  ${sentence}\n`),
    });
    expect(stdout).toMatch(/^Source:\n(?: {2}.*\n)* {2}`foo-2.tar`: Lock files \(1\): `Cargo.lock` new\n/m);
    expect(body()).toContain(`### Look at first\n\n- ${sentence}\n`);
    const before = asked();
    expect((await w.sluice(["review", "show", "foo"], env)).stdout).toContain(sentence);
    expect(await w.sluice(["review", "--source"], env)).toMatchObject({ code: 0 });
    expect(asked()).toEqual(before);
  },
);

test.skipIf(!isPossible)(
  "with CI_REVIEW_SOURCES pipelines look by themselves, once, and never at what was replaced",
  async () => {
    w.git("pull", "-q", "--rebase", "origin", "main");
    w.write(".ci/config", `${w.read(".ci/config")}CI_REVIEW_SOURCES=true\n`);
    w.publishScheduled("look at sources");
    release("3", { "configure.ac": "AC_INIT\n" }, {});
    publish("3");
    archives.set("3", `${archives.get("3")} `);
    upstreams.http.faults = upstreams.http.faults.map((fault) =>
      fault.kind === "answers" && fault.only?.source.includes("foo-3")
        ? { ...fault, body: archives.get("3") }
        : fault,
    );
    expect(await w.sluice(["on-schedule"], env)).toMatchObject({ code: 0 });
    expect(body()).toContain(
      "### Look at first\n\n- `foo-3.tar` isn't what its sha256sums say: somebody replaced it\n",
    );
    const before = asked();
    expect(await w.sluice(["on-schedule"], env)).toMatchObject({ code: 0, stdout: "" });
    expect(asked()).toEqual(before);
  },
);
