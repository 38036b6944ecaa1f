import { afterEach, beforeEach, expect, test } from "vitest";
import { aurPackage, gitPackage, type UpstreamPackage } from "./world/upstream-packages.ts";
import { UpstreamWorld } from "./world/upstream-world.ts";

let world: UpstreamWorld;
beforeEach(async () => {
  world = new UpstreamWorld();
  await world.start();
});
afterEach(() => world.stop());

function begin(packages: readonly UpstreamPackage[], settings: string): void {
  for (const pkg of packages) world.follow(pkg);
  world.workspace.write(".ci/config", `GIT_AUTHOR_EMAIL=sluice@example.org\n${settings}`);
  world.workspace.publishScheduled();
}

const hour = 3600_000;

/** Of the updates that a run made. */
async function updated(): Promise<string[]> {
  const { lines, outcome } = await world.run();
  const built = outcome.schedule.builds.map(({ pkgbase }) => pkgbase).sort();
  const taken = lines.filter((line) => line.startsWith("updated")).map((line) => line.split(/[ :]/)[1]!);
  expect(built).toEqual(taken);
  return taken;
}

test("from a mirror one fetch brings all that it has; what it lags behind with comes when it has it", async () => {
  const packages = Array.from({ length: 30 }, (_, number) => aurPackage(`package-${number + 10}`));
  begin(packages, `CI_AUR_GIT=${world.aur.mirrorUrl}\n`);
  expect(await updated()).toEqual([]);
  const state = world.workspace.atOrigin("ls-tree", "state");

  for (const pkg of packages.slice(0, 8)) pkg.release(world, "1.1.0");
  world.aur.letMirrorLag();
  for (const pkg of packages.slice(8, 10)) pkg.release(world, "1.1.0");
  world.aur.loseMirrorBranch("package-10");
  const asked = world.aur.mirror.http.asked.length;
  const { lines } = await world.run();

  expect(lines.filter((line) => line.startsWith("skipped")).map((line) => line.split(":")[0])).toEqual(
    ["package-10", "package-18", "package-19"].map((name) => `skipped ${name}`),
  );
  expect(world.schedule().builds).toHaveLength(7);
  expect(world.aur.git.http.asked).toEqual([]);
  // One fetch that finds a branch missing, the list of all, and another fetch: not one for each package.
  expect(world.aur.mirror.http.asked.length - asked).toBeLessThanOrEqual(10);
  for (const name of ["package-10", "package-18", "package-19"]) {
    expect(state).toContain(world.workspace.atOrigin("ls-tree", "state", name));
  }

  world.aur.letMirrorCatchUp();
  expect(await updated()).toEqual(["package-18", "package-19"]);
  packages[0]!.release(world, "1.2.0");
  expect(await updated()).toEqual(["package-10"]);
  expect(await updated()).toEqual([]);
});

test("updates of people who aren't trusted wait for CI_COOLDOWN, each from when it could be had", async () => {
  const [fresh, old, trusted] = ["fresh", "old", "trusted"].map((name) => aurPackage(name)) as [
    UpstreamPackage,
    UpstreamPackage,
    UpstreamPackage,
  ];
  const own = gitPackage("own");
  world.workspace.write(".ci/aur-maintainers", "alice\n");
  begin([fresh, old, trusted, own], "CI_COOLDOWN=24\n");
  world.aur.adopt("trusted", "alice");
  expect(await updated()).toEqual([]);
  const pushed = (pkg: UpstreamPackage, hoursAgo: number): void => {
    world.aur.now = Math.floor((world.now.getTime() - hoursAgo * hour) / 1000);
    pkg.release(world, "1.1.0");
  };
  pushed(old, 25);
  pushed(trusted, 3);
  pushed(fresh, 2);
  own.release(world, "1.1.0");
  const start = world.now.getTime();

  expect(await updated()).toEqual(["old", "trusted"]);
  const refs = world.refs();
  world.now = new Date(start + 21 * hour);
  expect(await updated()).toEqual([]);
  expect(world.refs()).toBe(refs);
  world.now = new Date(start + 22.5 * hour);
  expect(await updated()).toEqual(["fresh"]);
  world.now = new Date(start + 24.5 * hour);
  expect(await updated()).toEqual(["own"]);
  expect(await updated()).toEqual([]);
});
