import { afterAll, beforeAll, expect, test } from "vitest";
import { GitServer } from "./world/git-server.ts";
import { exampleText } from "./world/release-examples.ts";
import { sluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const server = new GitServer();
const w = new ScratchWorkspace();
let commit: string;

beforeAll(async () => {
  await server.start();
  commit = server.commit("garage", { files: { "main.c": "int main(void) { return 0; }\n" } });
  server.git("garage", "tag", "-a", "-m", "Garage 1.2.0", "v1.2.0");
  server.git("garage", "tag", "handcrafted-1.0");
  server.git("garage", "tag", "both");
  server.git("garage", "branch", "both");
  w.addPackage("hello");
  const source = /^source = .*$/m;
  w.write(
    "releases/garage/release.toml",
    exampleText("garage").replace(source, `source = "${server.url("garage")}"`),
  );
  for (const script of ["fmt", "clippy", "unit", "smoke-debug", "build", "not-dynamic", "smoke"]) {
    w.write(`releases/garage/${script}.sh`, "true\n");
  }
  w.write(
    "releases/garage/stable.lock",
    `ref = "refs/tags/v1.2.0"\ncommit = "${commit}"\nreason = "new tag"\n`,
  );
  w.git("add", "-A");
  w.git("commit", "-qm", "start");
  w.git("push", "-q", "origin", "HEAD:main");
});
afterAll(async () => {
  await server.stop();
  w.remove();
});

const run = (...args: string[]): ReturnType<typeof sluice> => sluice([...args, "--root", w.dir]);

test("a person sees what a tag would run and publish, as its repository has it", async () => {
  const { code, stdout } = await run("release", "garage", "v1.2.0", "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toContain(`garage, tag v1.2.0: a release of stable\n`);
  expect(stdout).toContain(`  commit ${commit}, version 1.2.0\n`);
  expect(stdout).toContain("  test.smoke@i686-unknown-linux-musl: releases/garage/smoke.sh, takes bin\n");
  expect(stdout).toContain(
    "    s3://garagehq.deuxfleurs.fr/_releases/v1.2.0/x86_64-unknown-linux-musl/garage\n",
  );
  expect(stdout).toContain("show binaries, image, cache, page");
});

test("programs get the whole plan as JSON, and two tags on one commit are two releases", async () => {
  const plans = await Promise.all(
    ["v1.2.0", "handcrafted-1.0", "refs/heads/main"].map(async (ref) => {
      const { stdout } = await run("release", "garage", ref, "--dry-run", "--json");
      return (JSON.parse(stdout) as [{ channel: string; ref: { commit: string }; jobs: unknown[] }])[0];
    }),
  );
  expect(plans.map(({ channel, ref, jobs }) => [channel, ref.commit, jobs.length])).toEqual([
    ["stable", commit, 14],
    ["extra", commit, 14],
    ["development", commit, 14],
  ]);
});

test("without a ref it is what the lock files say", async () => {
  const { code, stdout } = await run("release", "garage", "--dry-run");
  expect([code, stdout.split("\n")[0]]).toEqual([0, "garage, tag v1.2.0: a release of stable"]);
});

test("why says what each channel takes and what its lock comes to", async () => {
  const { code, stdout } = await run("why", "garage");
  expect(code).toBe(0);
  expect(stdout.split("\n").slice(1)).toEqual([
    String.raw`stable takes tags v[0-9]+\.[0-9]+\.[0-9]+: tag v1.2.0 (new tag)`,
    "  14 jobs in 3 stages; publishes binaries, image, cache, page",
    "extra takes tags .+: no lock file, so nothing was released",
    "development takes the branch main, when weekly is triggered: no lock file, so nothing was released",
  ]);
});

test("what can't be planned says why and what to do", async () => {
  const results = await Promise.all([
    run("release", "garrage", "v1.2.0", "--dry-run"),
    run("release", "garage", "v9", "--dry-run"),
    run("release", "garage", "both", "--dry-run"),
  ]);
  expect(results.map(({ code, stderr }) => [code, stderr.split("\n")[0]])).toEqual([
    [2, 'error: there is no project "garrage" in this workspace; did you mean garage?'],
    [1, `error: ${server.url("garage")} has neither a tag nor a branch "v9"`],
    [2, 'error: garage has a tag and a branch "both"'],
  ]);
});

test("promote commits the lock at the remote, once, and why knows it", async () => {
  const promote = (...args: string[]): ReturnType<typeof sluice> => run("promote", "garage", ...args);
  const before = w.atOrigin("rev-parse", "main");
  const dry = await promote("extra", "handcrafted-1.0", "--dry-run");
  expect([dry.code, w.atOrigin("rev-parse", "main")]).toEqual([0, before]);
  const first = await promote("extra", "handcrafted-1.0");
  expect([first.code, first.stderr]).toEqual([
    0,
    expect.stringContaining("extra.lock of garage: tag handcrafted-1.0; pushed commit"),
  ]);
  expect(w.atOrigin("show", "main:releases/garage/extra.lock")).toBe(
    `ref = "refs/tags/handcrafted-1.0"\ncommit = "${commit}"\nreason = "promoted by hand"`,
  );
  expect(w.atOrigin("log", "--format=%s", `${before}..main`)).toBe(
    "chore(release): garage extra: tag handcrafted-1.0",
  );
  const second = await promote("extra", "handcrafted-1.0");
  expect([second.code, second.stderr]).toEqual([0, expect.stringContaining("already; nothing was changed")]);
  expect(w.atOrigin("rev-list", "--count", `${before}..main`)).toBe("1");
  expect((await run("why", "garage")).stdout).toContain(
    "extra takes tags .+: tag handcrafted-1.0 (promoted by hand)",
  );
});

test("on-commit says which releases the locks of new commits ask for", async () => {
  w.git("fetch", "-q", "origin", "main");
  w.git("reset", "-q", "--hard", "FETCH_HEAD");
  w.write("releases/garage/development.lock", w.read("releases/garage/extra.lock"));
  w.commit("released by hand");
  const { code, stdout } = await run("on-commit", "--dry-run", "--json");
  w.git("reset", "-q", "--hard", "FETCH_HEAD");
  const { releases } = JSON.parse(stdout) as {
    releases: { project: string; channel: string; lock: { ref: { name: string } } }[];
  };
  expect(code).toBe(0);
  expect(releases.map(({ project, channel, lock }) => [project, channel, lock.ref.name])).toEqual([
    ["garage", "development", "handcrafted-1.0"],
  ]);
});

test("a tag that was moved after its release is refused, and so is a channel that isn't there", async () => {
  const before = w.atOrigin("rev-parse", "main");
  const other = server.commit("garage", {
    files: { "main.c": "int main(void) { return 1; }\n" },
    branch: "other",
  });
  server.git("garage", "tag", "-f", "v1.2.0", other);
  const results = await Promise.all([
    run("promote", "garage", "extra", "v1.2.0"),
    run("promote", "garage", "stabel", "both"),
    run("promote", "garage", "stabel", "refs/tags/both"),
  ]);
  expect(
    results.map(({ code, stderr }) => [code, stderr.split("\n").find((line) => line.startsWith("error:"))]),
  ).toEqual([
    [
      1,
      `error: the tag v1.2.0 was at ${commit.slice(0, 10)} and is at ${other.slice(0, 10)} now; a tag that moves releases nothing`,
    ],
    [2, 'error: garage has a tag and a branch "both"'],
    [
      1,
      "error: garage: the tag both can't be released by stabel: garage has no channel stabel; there are stable, extra, development",
    ],
  ]);
  expect(w.atOrigin("rev-parse", "main")).toBe(before);
});

test("lint knows projects, and a broken one releases nothing", async () => {
  expect((await run("lint")).stderr).toContain("1 package, 1 project, no problems.");
  w.write(
    "releases/broken/release.toml",
    'sorce = "https://example.org/x.git"\n[channels]\nstable = { tag = "v.+" }\n',
  );
  const { code, stdout } = await run("lint");
  expect([code, stdout.split("\n")]).toEqual([
    1,
    [
      "releases/broken/release.toml: source: is missing",
      "releases/broken/release.toml:1:1: unknown key sorce; did you mean source?",
    ],
  ]);
  w.git("add", "-A");
  w.git("commit", "-qm", "broken");
  const { code: refused, stderr } = await run("release", "broken", "v1", "--dry-run");
  expect([refused, stderr]).toEqual([2, expect.stringContaining("unknown key sorce; did you mean source?")]);
});
