import { expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { GivesSighting, KnownGives } from "../../upstream/distribution/gives.ts";
import { readPackageConfig, readRepositoryConfig } from "../../workspace/config/config.ts";
import type { NeedsState } from "../../workspace/state/state.ts";
import { findNeeds } from "./find-needs.ts";
import { sayBroken } from "./need-rebuilds.ts";

const url = "https://mirror.example.org/extra.db";
const x = (name: string): string => (name.includes(":") ? name : `x86_64-64:${name}`);

interface Package {
  readonly version?: string;
  readonly gives?: readonly string[];
  readonly needs?: readonly string[];
  readonly depends?: readonly string[];
  readonly provides?: readonly string[];
  readonly builtWith?: Readonly<Record<string, string>>;
  readonly config?: string;
  /** What main has, where it isn't what is published. */
  readonly recipe?: string;
}

/** A repository and its distribution, and what is remembered from one run to the next. */
class World {
  distribution: Record<string, Package> = {};
  published: Record<string, Package> = {};
  config = "";
  error: SluiceError | undefined;
  state: NeedsState = { gives: [], broken: {} };
  #hour = 0;

  /** One run, as text: what is bumped with its reason, and what is broken. */
  async run(): Promise<{ bumps: Record<string, string>; broken: Record<string, string> }> {
    const text = `CI_LIB_DB=${url}\n${this.config}`;
    const { config } = readRepositoryConfig({ kind: "file", text });
    const packages = Object.entries(this.published).map(([pkgbase, pkg]) => {
      const {
        config = "",
        version = "1.0-1",
        recipe = version.replace(/(-\d+)\.\d+$/, "$1"),
        depends = [],
      } = pkg;
      const [pkgver, pkgrel] = recipe.split("-");
      const lines = [`pkgbase = ${pkgbase}`, `pkgver = ${pkgver}`, `pkgrel = ${pkgrel}`];
      lines.push(...depends.map((one) => `depends = ${one}`), `pkgname = ${pkgbase}`);
      const file = { kind: "file", text: config } as const;
      return { pkgbase, srcinfo: parseSrcinfo(lines.join("\n")), config: readPackageConfig(file).config };
    });
    const found = await findNeeds({
      upstreams: { gives: async () => [this.#sighting()] },
      packages: new Map(packages.map((pkg) => [pkg.pkgbase, pkg])),
      config,
      state: JSON.parse(JSON.stringify(this.state)) as NeedsState,
      published: async () => Object.entries(this.published).map(recordOf),
      rebuilt: new Set(),
      now: () => new Date(Date.UTC(2026, 5, 1, this.#hour++)),
    });
    this.state = found.state;
    return {
      bumps: Object.fromEntries(
        found.bumps.map(({ pkgbase, bump, reason }) => [pkgbase, `${bump} ${reason}`]),
      ),
      broken: Object.fromEntries(found.broken.map((one) => [one.pkgbase, sayBroken(one)])),
    };
  }

  #sighting(): GivesSighting {
    const packages = Object.fromEntries(
      Object.entries(this.distribution).map(
        ([name, { version = "1.0-1", gives = [], provides, depends }]) => [
          name,
          { version, gives: gives.map(x), ...(provides && { provides }), ...(depends && { depends }) },
        ],
      ),
    );
    const known: KnownGives = { url, read: "2026-06-01T00:00:00Z", packages };
    if (!this.error) return { url, known, isNew: true };
    const before = this.state.gives.find((one) => (one as KnownGives).url === url) as KnownGives | undefined;
    return { url, known: before, isNew: false, error: this.error };
  }
}

function recordOf([pkgname, pkg]: [string, Package]): PackageRecord {
  const { version = "1.0-1", gives = [], needs = [], depends = [], provides = [], builtWith = {} } = pkg;
  const file = `usr/bin/${pkgname}`;
  return {
    pkgname,
    pkgbase: pkgname,
    version,
    arch: "x86_64",
    needs: Object.fromEntries(needs.map((need) => [x(need), { file }])),
    gives: gives.map(x),
    depends,
    provides,
    builtWith,
  };
}

/** foo of the distribution has moved from libfoo.so.1 to libfoo.so.2 since the first look. */
async function afterMove(world = new World(), more: Partial<Package> = {}): Promise<World> {
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
  const world = new World();
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
  expect(broken["vendor"]).toContain("a rebuild wouldn't help");
});

test("a repository taken over with broken packages is mended, by what they were built with", async () => {
  const world = new World();
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

test("a symbol version that a library of the repository drops is seen", async () => {
  const world = new World();
  world.distribution["glibc"] = { gives: ["libc.so.6"] };
  world.published = {
    foo: { gives: ["libfoo.so.1", "libfoo.so.1@FOO_1", "libfoo.so.1@FOO_2"] },
    app: { needs: ["libfoo.so.1", "libfoo.so.1@FOO_1", "libc.so.6@GLIBC_2.4"], depends: ["foo"] },
  };
  expect(await world.run()).toEqual(nothing);
  world.published["foo"] = { version: "1.1-1", gives: ["libfoo.so.1", "libfoo.so.1@FOO_2"] };
  expect((await world.run()).bumps).toEqual({
    app: "1.0-1/1 rebuild: FOO_1 of libfoo.so.1 is gone (foo 1.0-1 → 1.1-1)",
  });
});

test("a new Python rebuilds what has modules for the old one", async () => {
  const world = new World();
  world.distribution["python"] = { version: "3.12.1-1", gives: ["python:3.12"] };
  world.published["app"] = { needs: ["python:3.12"], depends: ["python"] };
  await world.run();
  world.distribution["python"] = { version: "3.13.0-1", gives: ["python:3.13"] };
  expect((await world.run()).bumps).toEqual({
    app: "1.0-1/1 rebuild: Python 3.12 is gone (python 3.12.1-1 → 3.13.0-1); Python 3.13 is there",
  });
});

test("a dependency that pacman can't satisfy any more is rebuilt where the build made it up", async () => {
  const world = new World();
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
  const world = new World();
  world.config = repository;
  await afterMove(world, { config });
  expect(await world.run()).toEqual({ bumps: {}, broken: { app: expect.stringContaining(why) } });
});

test("what has a new version in main that isn't published yet is built anyway", async () => {
  const world = await afterMove(new World(), { recipe: "1.1-1" });
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

  const fresh = new World();
  fresh.error = world.error ?? new SluiceError("files-unavailable", "down");
  fresh.published["app"] = { needs: ["libfoo.so.1"] };
  expect(await fresh.run()).toEqual(nothing);
});

test("a hundred libraries that move at once are one list, the largest effect first", async () => {
  const world = new World();
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
