import { afterAll, beforeAll, expect, test } from "vitest";
import { GitServer } from "./world/git-server.ts";
import { recipe } from "./world/schedule-days.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const upstreams = new GitServer();
const ann = { GIT_AUTHOR_NAME: "Ann Operator", GIT_AUTHOR_EMAIL: "ann@example.org" };
let w: ScratchWorkspace;

/** `foo` is followed in a Git repository, `bar` by nvchecker, which names a version and has no recipe to copy. */
beforeAll(async () => {
  w = new ScratchWorkspace();
  await upstreams.start();
  upstreams.create("foo");
  publish("1");
  for (const name of ["foo", "bar"]) {
    for (const [path, { bytes }] of recipe(name, "1")) w.write(`packages/${name}/${path}`, bytes);
  }
  w.write("packages/foo/.CI/config", `CI_PKGBUILD_SOURCE=${upstreams.url("foo")}\n`);
  w.write("packages/bar/.CI/config", "CI_NVCHECKER=true\n");
  nvcheckerFinds("1");
  w.publishScheduled();
  expect((await w.sluice(["on-schedule"])).code).toBe(0);
});
afterAll(async () => {
  await upstreams.stop();
  w.remove();
});

function publish(pkgver: string, ...lines: string[]): void {
  const files = [...recipe("foo", pkgver, { lines })].map(
    ([path, { bytes }]) => [path, bytes.toString()] as const,
  );
  upstreams.commit("foo", { files: Object.fromEntries(files), message: `version ${pkgver}` });
}

function nvcheckerFinds(version: string): void {
  w.write("packages/bar/nvchecker.toml", `[bar]\nsource = "manual"\nmanual = "${version}"\n`);
}

function branches(): string[] {
  return w
    .atOrigin("for-each-ref", "--format=%(refname:short)", "refs/heads/update-*")
    .split("\n")
    .filter(Boolean);
}

test("what is held without a forge waits on a branch, and every run, status and audit say so", async () => {
  publish("2", "depends = zlib");
  const first = await w.sluice(["on-schedule"]);
  expect(first).toMatchObject({ code: 1 });
  expect(first.stdout).toMatch(
    /^Held for review +foo +1-1 → 2-1, major: .*; look at it: sluice review show foo$/m,
  );
  expect(branches()).toEqual([expect.stringMatching(/^update-foo-[0-9a-f]{16}$/)]);

  const second = await w.sluice(["on-schedule"]);
  expect(second).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^Held .* foo +1-1 → 2-1.*sluice review show foo$/m),
  });
  expect(branches()).toHaveLength(1);

  const status = await w.sluice(["status"]);
  expect(status).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^held +foo +an update waits for a person$/m),
  });
  expect((await w.sluice(["audit"])).stdout).toMatch(
    /^held +foo +upstream has 2-1, main 1-1; a review waits$/m,
  );
  expect((await w.sluice(["review"])).stdout).toMatch(
    /^foo +major +\S.* +sluice review show foo +dependencies changed/m,
  );
});

test("show tells the verdict and what would change; what came in since isn't accepted unseen", async () => {
  const { stdout } = await w.sluice(["review", "show", "foo"]);
  expect(stdout).toMatch(
    /^foo: 1 → 2\nHeld by its verdict\nmajor\nreview +PKGBUILD:\d+: dependencies changed/m,
  );
  expect(stdout).toContain("+depends=('zlib')");
  publish("3", "depends = zlib");
  expect((await w.sluice(["on-schedule"])).code).toBe(1);
  const before = w.atOrigin("for-each-ref");
  const { code, stderr } = await w.sluice(["review", "accept", "foo"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("sluice review show foo") });
  expect(w.atOrigin("for-each-ref")).toBe(before);
});

test("accepted, it is committed by whoever accepted it, scheduled, and nothing of it is left", async () => {
  await w.sluice(["review", "show", "foo"]);
  const planned = w.atOrigin("for-each-ref");
  expect((await w.sluice(["review", "accept", "foo", "--dry-run"])).code).toBe(0);
  expect(w.atOrigin("for-each-ref")).toBe(planned);
  const { code, stdout } = await w.sluice(["review", "accept", "foo"], ann);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^accept +foo +1 → 3$/m) });
  expect(w.atOrigin("show", "-s", "--format=%s|%an|%ae", "main")).toBe(
    "foo: 1 → 3|Ann Operator|ann@example.org",
  );
  expect(w.atOrigin("show", "main:packages/foo/PKGBUILD")).toContain("depends=('zlib')");
  expect(w.atOrigin("show", "main:packages/foo/.CI/config")).toContain("CI_PKGBUILD_SOURCE=");
  expect(JSON.parse(w.read(".ci/schedule.json"))).toMatchObject({ builds: [{ pkgbase: "foo" }] });
  expect(branches()).toEqual([]);
  expect(await w.sluice(["on-schedule"])).toMatchObject({ code: 0, stdout: "" });
  expect((await w.sluice(["status"])).stdout).not.toContain("held");
});

test("a version that nvchecker found is accepted in the same way, though upstream has no recipe", async () => {
  nvcheckerFinds("2");
  w.publishScheduled("look for 2");
  expect((await w.sluice(["on-schedule"])).stdout).toMatch(/^Held .* bar .*found by nvchecker/m);
  expect((await w.sluice(["audit"])).stdout).toMatch(
    /^held +bar +upstream has another recipe; a review waits$/m,
  );
  expect((await w.sluice(["review", "show", "bar"])).stdout).toMatch(
    /^bar: 1 → 2\nHeld because it was found by nvchecker\nminor$/m,
  );
  expect((await w.sluice(["review", "accept", "bar"])).code).toBe(0);
  expect(w.atOrigin("show", "main:packages/bar/.SRCINFO")).toContain("pkgver = 2");
  expect(w.atOrigin("show", "-s", "--format=%s", "main")).toBe("bar: 1 → 2");
});

test("refused, it asks nobody again until upstream moves", async () => {
  publish("4", "depends = musl");
  expect((await w.sluice(["on-schedule"])).code).toBe(1);
  expect(await w.sluice(["review", "refuse", "foo"])).toMatchObject({ code: 0 });
  expect(branches()).toEqual([]);
  expect(await w.sluice(["on-schedule"])).toMatchObject({ code: 0, stdout: "" });
  const status = await w.sluice(["status"]);
  expect(status.stdout).toMatch(/^refused +foo +somebody refused/m);
  expect((await w.sluice(["review", "accept", "foo"])).stderr).toContain('nothing is held of "foo"');
  publish("5", "depends = musl");
  expect((await w.sluice(["on-schedule"])).stdout).toMatch(/^Held .* foo .*3-1 → 5-1/m);
});

test("a branch that holds more than the recipe is for Git to merge", async () => {
  const [branch = ""] = branches();
  w.git("fetch", "-q", "origin", branch);
  w.git("checkout", "-q", "--detach", "FETCH_HEAD");
  w.write("packages/foo/.CI/config", "CI_PKGBUILD_SOURCE=custom\n");
  w.git("commit", "-qam", "settings");
  w.git("push", "-q", "origin", `HEAD:refs/heads/${branch}`);
  w.git("checkout", "-q", "main");
  const { code, stderr } = await w.sluice(["review", "accept", "foo"]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('changes more than the recipe: "packages/foo/.CI/config"'),
  });
});

test("on one machine without a remote all of it works, and the files follow", async () => {
  w.git("fetch", "-q", "origin", "+state:state", "+refs/tags/scheduled:refs/tags/scheduled");
  w.git("remote", "remove", "origin");
  publish("6", "depends = musl");
  expect((await w.sluice(["on-schedule"])).code).toBe(1);
  await w.sluice(["review", "show", "foo"]);
  expect(await w.sluice(["review", "accept", "foo"], ann)).toMatchObject({ code: 0 });
  expect(w.git("show", "-s", "--format=%s|%an", "main")).toBe("foo: 3 → 6|Ann Operator");
  expect(w.read("packages/foo/PKGBUILD")).toContain("pkgver=6");
  expect(w.git("status", "--porcelain")).toBe("");
  expect(await w.sluice(["on-schedule"])).toMatchObject({ code: 0 });
});
