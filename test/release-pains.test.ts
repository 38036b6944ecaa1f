import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { indexOf } from "../tools/publish/page/index.ts";
import { noEvidence } from "../tools/release/plan/evidence.ts";
import { planRelease } from "../tools/release/plan/plan-release.ts";
import type { PlannedRelease } from "../tools/release/plan/release-plan.ts";
import { classify } from "../tools/release/refs/classify.ts";
import type { ReleaseRef } from "../tools/release/refs/ref.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { readExample, readText } from "./world/release-examples.ts";
import { GitHubReleaseServer } from "./world/release-forges.ts";
import { ReleaseWorld } from "./world/release-world.ts";

/**
 * What release users suffer elsewhere, each by its name. Where else such are: half of a release, or a server that is
 * emptied before the new files are there: publication-crash.test.ts; a definition that nobody approved:
 * release-signed.test.ts; notes without the changelog's section: tools/publish/forges/forge.test.ts; a binary that is
 * linked dynamically: garage-release.test.ts.
 */
const commit = "1".repeat(40);
const tag = (name: string): ReleaseRef => ({ kind: "tag", name, commit });

function withPrefix(project: string): ReturnType<typeof readText> {
  const channels = "[channels]\nstable = { tag = 'v[0-9.]+' }\n";
  return readText(project, `source = "https://example.org/all.git"\nprefix = "${project}/"\n${channels}`);
}

describe("elsewhere, before anything is built:", () => {
  test("tags of several projects in one repository are one project's releases", () => {
    const taken = ["cli/v1.0", "lib/v1.0", "v1.0"].map((name) =>
      ["cli", "lib"].filter((project) => classify(withPrefix(project), tag(name)).kind === "channel"),
    );
    expect(taken).toEqual([["cli"], ["lib"], []]);
  });

  test("a rule that isn't anchored takes xv0.4.1 and v0.4.1-rc1 for v0.4.1", () => {
    const kinds = ["v0.4.1", "xv0.4.1", "v0.4.1-rc1"].map(
      (name) => classify(readExample("veilid"), tag(name)).kind,
    );
    expect(kinds).toEqual(["channel", "none", "none"]);
  });

  test("alpha and beta aren't known as prereleases, and move latest", () => {
    const definition = readText(
      "app",
      `source = "https://example.org/app.git"\n[channels]\nstable = { tag = '.+', alias = "latest" }\n
[stages.x]\nx = { run = "x.sh", makes = { image = "x.tar" } }\n[publish]\nimage = { to = "oci", at = "ghcr.io/a/b:{ref}", of = "image" }\n`,
    );
    const moved = ["v1.0.0-alpha", "v1.0.0-beta.2", "v1.0.0-rc1", "v1.0.0"].filter((name) => {
      const plan = planRelease(definition, { ref: tag(name), at: 0 }, noEvidence, 0) as PlannedRelease;
      return plan.steps.some(({ alias }) => alias === "latest");
    });
    expect(moved).toEqual(["v1.0.0"]);
  });

  test("versions on the page are sorted as text: v0.9 above v0.10", () => {
    const files = ["v0.9.0", "v0.10.0", "v0.2.0"].map((ref) => ({
      url: ref,
      path: ref,
      ref,
      target: null,
      bytes: 1,
      sha256: "0".repeat(64),
      date: new Date(0),
    }));
    const [stable] = indexOf(readExample("garage"), files);
    expect(stable!.builds.map(({ version }) => version)).toEqual(["v0.10.0", "v0.9.0", "v0.2.0"]);
  });

  test("uploads to a cache aren't signed: there is no Nix cache without a key", () => {
    const cache = `source = "https://example.org/app.git"\n[channels]\nstable = { tag = '.+' }\n
[stages.x]\nx = { run = "x.sh", makes = { x = "x" } }\n[publish]\ncache = { to = "nix", at = "s3://nix", of = "x" }\n`;
    expect(() => readText("app", cache)).toThrow("publish.cache.key: is missing");
  });
});

const missing = missingPrograms("git", "tar", "xz");
if (probeBubblewrap()) missing.push("a working bubblewrap");

describe.skipIf(missing.length > 0)(`elsewhere (needs ${missing.join(", ") || "nothing more"}):`, () => {
  const world = new ReleaseWorld();
  const forge = new GitHubReleaseServer();
  const { w, server } = world;
  const release = (ref: string): ReturnType<typeof w.sluice> =>
    w.sluice(["release", "app", ref], forge.secrets);
  const seen = (): unknown =>
    forge.releases.filter(({ draft }) => !draft).map(({ tag: name, assets }) => `${name} ${assets.length}`);
  const filesOf = (ref: string): string[] =>
    world.published().filter((path) => path.startsWith(`${ref}/`) && !path.includes("/."));

  beforeAll(async () => {
    await world.start();
    await forge.start();
    server.commit("app", { files: { "README.md": "# App\n" } });
    for (const name of ["v1.0.0", "v1.0.1", "v1.1.0-rc1"]) server.git("app", "tag", name);
    const scripts = {
      "build.sh": 'echo "$REF $TARGET" > app\n',
      "test.sh": 'test "$REF" != broken && grep -qF "$REF $TARGET" "$ARTIFACTS/bin/app"\n',
    };
    world.define(
      "app",
      `[targets]
one = { }
two = { }
[channels]
stable = { tag = '.+' }
development = { branch = ".+" }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "app" } }
[stages.test]
app = { run = "test.sh", for = "*", takes = "bin" }
[archives]
all = { of = "bin", name = "app-{target}.tar.xz" }
[publish]
binaries = { to = "files", at = "WWW/{ref}/{target}/app", of = "bin" }
release = { to = "forge", at = "github:owner/app", of = "all" }
`,
      scripts,
    );
    w.publishScheduled();
  });
  afterAll(async () => {
    await forge.stop();
    await world.close();
  });

  test("a release is public before it is complete, and immutable then", async () => {
    forge.cutUploads = 1;
    const { code, stderr } = await release("v1.0.0");
    expect([code, stderr]).toEqual([1, expect.stringContaining("publish: failed")]);
    expect([seen(), filesOf("v1.0.0")]).toEqual([[], []]);
  });

  test("a half-published release can't be run again, and its tag was pushed before, so there is no retry", async () => {
    const tags = server.git("app", "tag");
    const { code, stderr } = await release("v1.0.0");
    expect([code, stderr.match(/: done before/g)?.length]).toEqual([0, 4]);
    expect([seen(), filesOf("v1.0.0").length, server.git("app", "tag")]).toEqual([["v1.0.0 4"], 2, tags]);
  });

  test("of two tags on one commit the wrong one is built", async () => {
    expect((await release("v1.0.1")).code).toBe(0);
    expect(filesOf("v1.0.1").map((path) => world.read(path))).toEqual(["v1.0.1 one\n", "v1.0.1 two\n"]);
  });

  test("a prerelease moves latest", async () => {
    expect((await release("v1.1.0-rc1")).code).toBe(0);
    expect([forge.releases.at(-1)!.prerelease, forge.latest]).toEqual([true, "v1.0.1"]);
  });

  test("what is published isn't what was tested", async () => {
    server.git("app", "tag", "v1.0.2");
    forge.cutUploads = 1;
    expect((await release("v1.0.2")).code).toBe(1);
    const artifacts = join(w.dir, ".sluice/releases/artifacts");
    const { sha256 } = world.recordHere("app", "stable", "v1.0.2").jobs["build.app@one"]!.artifacts[
      "bin"
    ]![0]!;
    const kept = readdirSync(artifacts, { recursive: true, encoding: "utf8" }).find((path) =>
      path.endsWith(sha256),
    );
    writeFileSync(join(artifacts, kept!), "v1.0.X one\n");
    const { code, stderr } = await release("v1.0.2");
    expect([code, stderr]).toEqual([1, expect.stringContaining(`isn't ${sha256} any more`)]);
    expect([seen(), filesOf("v1.0.2")]).toEqual([["v1.0.0 4", "v1.0.1 4", "v1.1.0-rc1 4"], []]);
  });

  test("a failure is reported as success", async () => {
    server.git("app", "tag", "broken");
    const { code, stderr } = await release("broken");
    expect([code, stderr.split("\n").slice(-3).join(" ")]).toEqual([
      1,
      expect.stringMatching(/test\.app@one: failed.* test\.app@two: failed.* publish: blocked/),
    ]);
    expect(filesOf("broken")).toEqual([]);
  });
});
