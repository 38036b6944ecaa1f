import { expect, test } from "vitest";
import { NeedsWorld, type WorldPackage } from "../../../test/world/needs-world.ts";
import { SluiceError } from "../../errors.ts";

/** foo of the distribution has moved from libfoo.so.1 to libfoo.so.2 since the first look. */
async function afterMove(world = new NeedsWorld(), more: Partial<WorldPackage> = {}): Promise<NeedsWorld> {
  world.distribution["foo"] = { version: "1.9-1", gives: ["libfoo.so.1"] };
  world.published["app"] = { needs: ["libfoo.so.1"], depends: ["foo"], ...more };
  expect(await world.run()).toEqual({ bumps: {}, broken: {} });
  world.distribution["foo"] = { version: "2.0-1", gives: ["libfoo.so.2"] };
  return world;
}

const nothing = { bumps: {}, broken: {} };
const bumped = "1.0-1/1 rebuild: libfoo.so.1 is gone (foo 1.9-1 → 2.0-1); libfoo.so.2 is there";

test("a library of the distribution is gone: who needs it is rebuilt, once, with the reason", async () => {
  const world = await afterMove();
  expect((await world.run()).bumps).toEqual({ app: bumped });
  const waiting = { bumps: {}, broken: { app: expect.stringContaining("its rebuild is asked for") } };
  expect(await world.run()).toEqual(waiting);
  world.published["app"] = { version: "1.0-1.1", recipe: "1.0-1", needs: ["libfoo.so.2"] };
  expect(await world.run()).toEqual(nothing);
  expect(world.state.broken).toEqual({});
});

test("a library of the repository itself is gone: the same", async () => {
  const world = new NeedsWorld();
  world.distribution = { glibc: { gives: ["libc.so.6"] } };
  world.published = {
    foo: { version: "1.9-1", gives: ["libfoo.so.1"], needs: ["libc.so.6"] },
    app: { needs: ["libfoo.so.1"], depends: ["foo"] },
  };
  expect(await world.run()).toEqual(nothing);
  world.published["foo"] = { version: "2.0-1", gives: ["libfoo.so.2"] };
  expect((await world.run()).bumps).toEqual({ app: bumped });
});

test("a builder that lags behind makes no second rebuild, and the package is told as broken", async () => {
  const world = await afterMove();
  await world.run();
  world.published["app"] = { ...world.published["app"], version: "1.0-1.1", builtWith: { foo: "1.9-1" } };
  expect(await world.run()).toEqual({
    bumps: {},
    broken: { app: expect.stringContaining("it was rebuilt as 1.0-1.1, which didn't help") },
  });
});

test("a rebuild that never came is asked for again once there is something else to build with", async () => {
  const world = await afterMove();
  await world.run();
  world.distribution["foo"] = { version: "2.1-1", gives: ["libfoo.so.2"] };
  expect((await world.run()).bumps["app"]).toContain("rebuild: libfoo.so.1 is gone (foo 1.9-1 → 2.1-1)");
  expect((await world.run()).bumps).toEqual({});
});

test("what nothing gives any more is broken, with what it was and since when", async () => {
  const world = await afterMove();
  world.distribution["foo"] = { version: "2.0-1", gives: [] };
  const told =
    "libfoo.so.1 is gone (foo 1.9-1 → 2.0-1) (needed by usr/bin/app), since 2026-06-01; nothing takes its place, so a rebuild wouldn't help";
  expect(await world.run()).toEqual({ bumps: {}, broken: { app: told } });
  world.distribution = { glibc: { gives: ["libc.so.6"] } };
  expect((await world.run()).broken["app"]).toContain("libfoo.so.1 is gone (foo 1.9-1)");
});

test("what was never there, and nobody linked to, causes nothing", async () => {
  const world = await afterMove();
  world.published["vendor"] = { needs: ["libssl.so.1.1"] };
  world.distribution["openssl"] = { version: "3-1", gives: ["libssl.so.3"] };
  const { bumps, broken } = await world.run();
  expect(Object.keys(bumps)).toEqual(["app"]);
  expect(broken["vendor"]).toContain("libssl.so.1.1 isn't there");
  expect(broken["vendor"]).toContain("a rebuild wouldn't help");
});

test("a repository taken over with broken packages is mended, by what they were built with", async () => {
  const world = new NeedsWorld();
  world.distribution["foo"] = { version: "2.0-1", gives: ["libfoo.so.2"] };
  world.published["app"] = { needs: ["libfoo.so.1"], depends: ["foo"], builtWith: { foo: "1.9-1" } };
  expect((await world.run()).bumps).toEqual({ app: bumped });
});

test.each([
  [
    "a renamed provider that provides the old name",
    { "foo-libs": { gives: ["libfoo.so.1"], provides: ["foo"] } },
  ],
  [
    "a split whose new part the old one depends on",
    {
      foo: { version: "2.0-1", depends: ["foo-libs"] },
      "foo-libs": { gives: ["libfoo.so.1"] },
    },
  ],
  ["a new release that gives the same", { foo: { version: "2.0-1", gives: ["libfoo.so.1"] } }],
] as const)("%s causes nothing", async (_, distribution) => {
  const world = await afterMove();
  world.distribution = { ...distribution };
  expect(await world.run()).toEqual(nothing);
});

test("a package for the old library that nobody has to install doesn't help those who need it", async () => {
  const world = await afterMove();
  world.distribution["foo1"] = { version: "1.9-2", gives: ["libfoo.so.1"] };
  expect((await world.run()).bumps["app"]).toContain("libfoo.so.1 is gone");
  expect((await world.run()).broken["app"]).toContain("its rebuild is asked for");
});

test("a new Python rebuilds what has modules for the old one", async () => {
  const world = new NeedsWorld();
  world.distribution["python"] = { version: "3.12.1-1", gives: ["python:3.12"] };
  world.published["app"] = { needs: ["python:3.12"], depends: ["python"] };
  await world.run();
  world.distribution["python"] = { version: "3.13.0-1", gives: ["python:3.13"] };
  expect((await world.run()).bumps).toEqual({
    app: "1.0-1/1 rebuild: Python 3.12 is gone (python 3.12.1-1 → 3.13.0-1); Python 3.13 is there",
  });
});

test("a dependency that pacman can't satisfy any more is rebuilt where the build made it up", async () => {
  const world = new NeedsWorld();
  world.distribution["foo"] = { version: "1.9-1", provides: ["libfoo.so=1-64"] };
  world.published["app"] = { depends: ["libfoo.so=1-64"] };
  world.published["picky"] = { depends: ["foo<2"], config: "" };
  await world.run();
  world.distribution["foo"] = { version: "2.0-1", provides: ["libfoo.so=2-64"] };
  const { broken } = await world.run();
  expect(broken["picky"]).toContain("foo<2 is gone (foo 1.9-1 → 2.0-1), since");
});

test.each([
  ["CI_REBUILD=false", "", "CI_REBUILD=false"],
  ["", "CI_REBUILD_BLACKLIST=foo", "CI_REBUILD_BLACKLIST"],
])("%s%s keeps it from being rebuilt", async (config, repository, why) => {
  const world = new NeedsWorld();
  world.config = repository;
  await afterMove(world, { config });
  expect(await world.run()).toEqual({ bumps: {}, broken: { app: expect.stringContaining(why) } });
});

test("what has a new version in main that isn't published yet is built anyway", async () => {
  const world = await afterMove(new NeedsWorld(), { recipe: "1.1-1" });
  expect(await world.run()).toEqual({
    bumps: {},
    broken: { app: expect.stringContaining("1.1-1 is to be built anyway") },
  });
});

test("where the state is lost, what main asks for already isn't asked for twice", async () => {
  const world = await afterMove();
  await world.run();
  world.state = { gives: [], broken: {} };
  world.published["app"] = {
    ...world.published["app"],
    config: "CI_PACKAGE_BUMP=1.0-1/1",
    builtWith: { foo: "1.9-1" },
  };
  expect((await world.run()).bumps).toEqual({});
});

test("while the distribution can't be asked, what is known of it counts; before that, nothing is decided", async () => {
  const world = await afterMove();
  world.error = new SluiceError("files-unavailable", "down");
  expect(await world.run()).toEqual(nothing);
  world.error = undefined;
  expect(Object.keys((await world.run()).bumps)).toEqual(["app"]);

  const fresh = new NeedsWorld();
  fresh.error = world.error ?? new SluiceError("files-unavailable", "down");
  fresh.published["app"] = { needs: ["libfoo.so.1"] };
  expect(await fresh.run()).toEqual(nothing);
});

test("where nothing has changed since, what is broken stays told, and nothing else is found", async () => {
  const world = new NeedsWorld();
  world.distribution["foo"] = { gives: ["libfoo.so.1"] };
  world.published["app"] = { needs: ["libfoo.so.1"] };
  await world.run();
  world.isQuiet = true;
  expect(await world.run()).toEqual(nothing);
  world.published["app"] = { version: "1.0-2", needs: ["libfoo.so.3"] };
  const told = {
    bumps: {},
    broken: { app: expect.stringContaining("libfoo.so.3 isn't there (needed by usr/bin/app)") },
  };
  expect(await world.run()).toEqual(told);
  expect(await world.run()).toEqual(told);
});

test("a hundred libraries that move at once are one list, the largest effect first", async () => {
  const world = new NeedsWorld();
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  for (const n of numbers) {
    world.distribution[`d${n}`] = { gives: [`libd${n}.so.1`] };
    world.published[`p${n}`] = { needs: [`libd${n}.so.1`], depends: [`d${n}`], gives: [`libp${n}.so`] };
  }
  world.published["user"] = { needs: ["libp42.so"] };
  world.published["user-of-user"] = { depends: ["user"] };
  await world.run();
  for (const n of numbers) world.distribution[`d${n}`] = { version: "2.0-1", gives: [`libd${n}.so.2`] };
  const { bumps, broken } = await world.run();
  expect(Object.keys(bumps)).toHaveLength(100);
  expect(Object.keys(bumps)[0]).toBe("p42");
  expect(broken).toEqual({});
});

test("what was built with a newer library than the one that is known waits for that, and isn't rebuilt", async () => {
  const world = new NeedsWorld();
  world.distribution["foo"] = { version: "1.9-1", gives: ["libfoo.so.1"] };
  world.published["app"] = { needs: ["libfoo.so.2"], depends: ["foo"], builtWith: { foo: "2.0-1" } };
  const { bumps, broken } = await world.run();
  expect(bumps).toEqual({});
  expect(broken["app"]).toContain("it was built with foo 2.0-1, which the distribution here hasn't yet");
  world.distribution["foo"] = { version: "2.0-1", gives: ["libfoo.so.2"] };
  expect(await world.run()).toEqual(nothing);
});
