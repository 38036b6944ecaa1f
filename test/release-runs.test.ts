import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { ReleaseWorld, scripts, source } from "./world/release-world.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms, "gcc");
if (probeBubblewrap()) missing.push("a working bubblewrap");

/** What a build would take for its own result, as an earlier run may have left it. */
function poisonCaches(workspace: string): void {
  const caches = join(workspace, ".sluice/releases/caches/garage");
  mkdirSync(join(caches, "result/bin"), { recursive: true });
  writeFileSync(join(caches, "result/bin/garage"), "#!/bin/sh\necho poison\n", { mode: 0o755 });
  for (const target of ["one", "two"])
    execFileSync("tar", ["-cf", join(caches, `build.garage@${target}.tar`), "-C", caches, "result"]);
}

const definition = `[targets]
one = { oci = "linux/amd64" }
two = { oci = "linux/386" }
[channels]
stable = { tag = 'v[0-9]+\\.[0-9]+\\.[0-9]+' }
extra = { tag = '.+' }
development = { branch = "main", trigger = "weekly" }
[stages.check]
fmt = { run = "fmt.sh" }
unit = { run = "unit.sh" }
[stages.build]
garage = { run = "build.sh", for = "*", cache = "result", makes = { bin = "result/bin/garage" } }
[stages.test]
static = { run = "not-dynamic.sh", for = "*", takes = "bin" }
smoke = { run = "smoke.sh", for = "*", takes = "bin" }
[publish]
binaries = { to = "files", at = "WWW/_releases/{ref}/{target}/garage", of = "bin" }
`;

describe.skipIf(missing.length > 0)(
  `a release, really (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const world = new ReleaseWorld();
    const { w, server } = world;
    let commit: string;

    beforeAll(async () => {
      await world.start();
      commit = server.commit("garage", { files: source });
      const careless = `[ ! -e result/bin/garage ] || exit 0\n${scripts["build.sh"]}`;
      world.define("garage", definition, { ...scripts, "build.sh": careless });
      w.publishScheduled();
      await w.sluice(["on-schedule"]);
    });
    afterAll(() => world.close());

    test("a new tag is locked, checked, built for each target, tested and published, whatever a cache holds", async () => {
      server.git("garage", "tag", "v1.2.0");
      poisonCaches(w.dir);
      expect((await w.sluice(["on-schedule"])).code).toBe(0);
      const { code, stderr } = await w.sluice(["up", "--once"]);
      expect([code, stderr]).toEqual([0, expect.stringContaining("garage stable v1.2.0: 9 jobs to run")]);
      expect(world.published()).toEqual(["_releases/v1.2.0/one/garage", "_releases/v1.2.0/two/garage"]);
      const said = execFileSync(join(world.www, "_releases/v1.2.0/two/garage"), { encoding: "utf8" });
      expect(said).toBe("garage v1.2.0 for two\n");
    });

    test("what was built, tested and published is on record, by digest", () => {
      const { ref, jobs, publications, finishedAt } = world.record("garage", "stable", "v1.2.0");
      expect(ref).toEqual({ kind: "tag", name: "v1.2.0", commit });
      expect(Object.entries(jobs).map(([key, { isGreen }]) => [key, isGreen])).toHaveLength(8);
      const { sha256 } = jobs["build.garage@two"]!.artifacts["bin"]![0]!;
      expect(sha256).toBe(world.sha256("_releases/v1.2.0/two/garage"));
      expect(publications["binaries"]!.files.map((file) => file.sha256)).toContain(sha256);
      expect(finishedAt).toEqual(expect.any(Number));
    });

    test("a finished release is done: another run does nothing", async () => {
      const before = w.atOrigin("rev-parse", "state");
      const { code, stderr } = await w.sluice(["up", "--once"]);
      expect([code, stderr.split("\n")]).toEqual([0, [expect.stringContaining("all is published")]]);
      expect(w.atOrigin("rev-parse", "state")).toBe(before);
    });

    test("a job that fails stops what needs it, nothing else, and is tried again when the definition is mended", async () => {
      const smoke = w.read("releases/garage/smoke.sh");
      w.write("releases/garage/smoke.sh", '[ "$TARGET" != two ]\n');
      w.commit("a test that fails for one target");
      w.git("push", "-q", "origin", "HEAD:main");
      server.git("garage", "tag", "handcrafted-1.0");
      await w.sluice(["on-schedule"]);
      const red = await w.sluice(["up", "--once"]);
      expect(red.code).toBe(1);
      const ended = [...red.stderr.matchAll(/^(\S+): (built|failed)/gm)].map(
        ([, job, how]) => `${job} ${how}`,
      );
      expect(ended.toSorted().slice(-4)).toEqual([
        "test.smoke@one built",
        "test.smoke@two failed",
        "test.static@one built",
        "test.static@two built",
      ]);
      expect(red.stderr).toContain("garage extra handcrafted-1.0: not released");
      expect(world.published().filter((path) => path.includes("handcrafted"))).toEqual([]);

      w.git("pull", "-q", "--rebase", "origin", "main");
      w.write("releases/garage/smoke.sh", smoke);
      w.commit("mend it");
      w.git("push", "-q", "origin", "HEAD:main");
      expect((await w.sluice(["up", "--once"])).code).toBe(0);
      expect(world.published().filter((path) => path.includes("handcrafted"))).toEqual([
        "_releases/handcrafted-1.0/one/garage",
        "_releases/handcrafted-1.0/two/garage",
      ]);
    });

    test("a person releases a branch here without a lock, and a second time nothing is done again", async () => {
      const first = await w.sluice(["release", "garage", "main"]);
      expect([first.code, first.stderr.split("\n").at(-1)]).toEqual([0, "publish: done"]);
      expect(world.published()).toContain(`_releases/${commit}/one/garage`);
      const again = await w.sluice(["release", "garage", "main"]);
      const words = again.stderr.split("\n").map((line) => line.replace(/^\S+: /, ""));
      expect([again.code, new Set(words)]).toEqual([0, new Set(["done before"])]);
    });

    test("what was lost later, or changed, is found by reading it back; what was lost is published once more", async () => {
      const verify = (...more: string[]): ReturnType<typeof w.sluice> =>
        w.sluice(["release", "garage", "--verify", ...more]);
      const whole = await verify();
      expect([whole.code, whole.stderr]).toEqual([
        0,
        "garage: 6 of 6 published files, of 3 releases, are what was published.",
      ]);
      const lost = join(world.www, "_releases/v1.2.0/one/garage");
      const content = readFileSync(lost);
      unlinkSync(lost);
      writeFileSync(join(world.www, "_releases/v1.2.0/two/garage"), "changed");
      const found = await verify("v1.2.0", "--json");
      const read = JSON.parse(found.stdout) as { at: string; found: string }[];
      expect([found.code, read.map((each) => `${each.found} ${each.at.split("/").at(-2)}`)]).toEqual([
        1,
        ["lost one", "changed two"],
      ]);
      expect((await w.sluice(["release", "garage", "v1.2.0"])).stderr).toContain("is never overwritten");
      unlinkSync(join(world.www, "_releases/v1.2.0/two/garage"));
      expect((await w.sluice(["release", "garage", "v1.2.0"])).stderr).toContain("publish: done");
      expect([readFileSync(lost), (await verify()).code]).toEqual([content, 0]);
    });
  },
);
