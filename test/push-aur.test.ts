import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchWorkspace } from "./world/workspace.ts";

let world: ScratchWorkspace;
beforeEach(() => {
  world = new ScratchWorkspace();
  for (const name of ["foo", "bar"]) world.addPackage(name);
  world.write("packages/foo/.CI/config", "CI_MANAGE_AUR=true\n");
});
afterEach(() => world.remove());

test("where the repository doesn't manage the AUR, nothing is asked for and nothing pushed", async () => {
  world.publishScheduled();
  const { code, stdout, stderr } = await world.sluice(["push-aur"]);
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: "",
    stderr: "CI_MANAGE_AUR isn't true in .ci/config: nothing is pushed.",
  });
});

test("wrong names are all listed, and nothing is pushed", async () => {
  world.write(".ci/config", "CI_MANAGE_AUR=true\n");
  world.publishScheduled();
  const { code, stderr } = await world.sluice(["push-aur", "foo", "bar", "baz"]);
  expect(code).toBe(2);
  expect(stderr).toContain("not managed in the AUR from here: bar, baz (no such package)");
});

test("without a key it says so and what to do, and ends with 1", async () => {
  world.write(".ci/config", "CI_MANAGE_AUR=true\n");
  world.publishScheduled();
  const { code, stderr } = await world.sluice(["push-aur"]);
  expect(code).toBe(1);
  expect(stderr).toContain("error: no key for the AUR in AUR_KEY: there is none");
  expect(stderr).toContain("AUR: 0 pushed, 0 unchanged, 1 with problems.");
});

test("a program reads what happened as JSON, and the key isn't in it", async () => {
  world.write(".ci/config", "CI_MANAGE_AUR=true\n");
  const commit = world.publishScheduled();
  const { code, stdout, stderr } = await world.sluice(["push-aur", "--json", "--dry-run"], {
    AUR_KEY: "c2VjcmV0",
  });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    commit,
    packages: [{ kind: "problem", pkgbase: "foo", error: { code: "aur-key" } }],
  });
  expect(stdout + stderr).not.toContain("c2VjcmV0");
});

test("a pipeline of another branch pushes nothing", async () => {
  world.write(".ci/config", "CI_MANAGE_AUR=true\n");
  world.publishScheduled();
  const env = { GITLAB_CI: "true", CI_COMMIT_BRANCH: "experiment", CI_DEFAULT_BRANCH: "main" };
  const { code, stderr } = await world.sluice(["push-aur"], env);
  expect(code).toBe(2);
  expect(stderr).toContain("this pipeline runs on experiment; the AUR gets what main has");
});
