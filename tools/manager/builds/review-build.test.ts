import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeTinyPackage } from "../../../test/world/tiny-package.ts";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import type { BuildRequest, BuildResult } from "../../builder/build-request.ts";
import type { BuildLog } from "../../builder/log.ts";
import { keepNamcap } from "../../builder/namcap.ts";
import { openGit } from "../../git/git.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { openBuildingPlace } from "../installation.ts";
import { buildForReview, type ReviewBuild } from "./review-build.ts";

const world = new ScratchWorkspace();
const state = join(world.base, "state");
let main: string;
let held: string;

beforeAll(() => {
  world.addPackage("foo");
  world.write("packages/foo/.CI/config", "BUILDER_NETWORK=true\nBUILDER_CACHE_SOURCES=true\n");
  world.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_NETWORK=true\nBUILDER_TIMEOUT=60\n");
  main = world.commit("main");
  world.addPackage("foo", { pkgver: "2" });
  world.write(
    ".ci/config",
    "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_TIMEOUT=999\nBUILDER_NETWORK=true\n",
  );
  held = world.commit("held");
});
afterAll(() => world.remove());

const sandboxOf = (name: Sandbox["name"]): Sandbox =>
  ({ name, run: () => Promise.reject(new Error("not used")) }) as unknown as Sandbox;

async function build(
  make: (request: BuildRequest, log: BuildLog) => BuildResult | Promise<BuildResult>,
  sandbox: Sandbox["name"] = "bubblewrap",
): Promise<ReviewBuild & { readonly requests: readonly BuildRequest[] }> {
  const requests: BuildRequest[] = [];
  const place = await openBuildingPlace({
    git: openGit(world.dir, process.env),
    settings: { BUILD_REPO: "test" },
    arch: "x86_64",
    state,
    sandbox: sandboxOf(sandbox),
    build: async (request, _, log) => {
      requests.push(request);
      return make(request, log);
    },
  });
  const watching = { signal: new AbortController().signal, listen: () => undefined };
  const update = { pkgbase: "foo", commit: held, main };
  return { ...(await buildForReview(place, update, watching)), requests };
}

const built = (files: readonly string[]): BuildResult => ({
  kind: "built",
  files,
  pkgnames: ["foo"],
  version: "2-1",
  vcs: {},
});

describe("the build of a held update", () => {
  test("is of the review's recipe with main's settings, and neither has network nor shares sources", async () => {
    const { requests } = await build(({ folder }) =>
      built([writeTinyPackage(folder, { pkgname: "foo", version: "2-1" })]),
    );
    expect(requests).toMatchObject([
      {
        commit: held,
        config: { BUILDER_NETWORK: false, BUILDER_CACHE_SOURCES: false },
        settings: { BUILDER_NETWORK: false, BUILDER_TIMEOUT: 60 },
      },
    ]);
    expect(requests[0]!.srcinfo!.base.get("pkgver")).toEqual(["2"]);
  });

  test("is compared, and leaves nothing; nor does one that died before", async () => {
    mkdirSync(join(state, "reviews/died/build"), { recursive: true });
    const made = await build(({ folder }) =>
      built([writeTinyPackage(folder, { pkgname: "foo", version: "2-1" })]),
    );
    expect(made).toMatchObject({
      outcome: "built",
      result: "built",
      section: { title: "Packages", first: [] },
    });
    expect(made.section.lines).toContain("Nothing of it is published, so all that it has counts as new");
    expect(readdirSync(join(state, "reviews"))).toEqual([".lock"]);
  });

  test("isn't begun where nothing isolates it", async () => {
    await expect(build(() => built([]), "host")).rejects.toMatchObject({ code: "review-unisolated" });
  });

  test("comes with what namcap says of it", async () => {
    const line = { level: "error", package: "foo", tag: "empty-directory", message: "usr" } as const;
    const made = await build(async ({ folder }, log) => {
      await keepNamcap(log.path, { state: "ran", lines: [line], left: 0 });
      return built([writeTinyPackage(folder, { pkgname: "foo", version: "2-1" })]);
    });
    expect(made.section.first).toEqual(["namcap finds 1 error"]);
    expect(made.section.lines).toContain("namcap: error: `foo` `empty-directory usr`");
  });

  test.each<[BuildResult, ReviewBuild["result"], string]>([
    [
      { kind: "failed", message: "the build failed (exit code 4)" },
      "failed",
      "the build failed (exit code 4)",
    ],
    [{ kind: "failed", message: "no answer", reason: "download" }, "unfinished", "no answer"],
    [{ kind: "timed-out", message: "too long" }, "failed", "timed-out: too long"],
    [{ kind: "lost", message: "the sandbox ended" }, "unfinished", "lost: the sandbox ended"],
  ])("that doesn't end well says so, with the end of its log: %j", async (ends, result, outcome) => {
    const made = await build((_, log) => {
      log.note("error: no rule to make @target");
      return ends;
    });
    expect(made).toMatchObject({
      outcome,
      result,
      section: {
        first: [`It can't be built: \`${(ends as { message: string }).message}\``],
        lines: expect.arrayContaining(["The log: `:: error: no rule to make @ target`"]),
      },
    });
  });

  test("that makes what can't be read says so, and not where this machine keeps its files", async () => {
    const made = await build(({ folder }) => {
      writeFileSync(join(folder, "foo-2-1-any.pkg.tar.zst"), Buffer.from("28b52ffdffffffff", "hex"));
      return built([join(folder, "foo-2-1-any.pkg.tar.zst")]);
    });
    expect(made).toMatchObject({ result: "failed" });
    expect(JSON.stringify(made.section)).toContain("foo-2-1-any.pkg.tar.zst: it can't be unpacked");
    expect(JSON.stringify(made.section)).not.toContain(world.base);
  });
});
