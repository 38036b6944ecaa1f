import { expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { DatabaseSighting, KnownDatabase } from "../../upstream/distribution/distribution.ts";
import { parseVersions, versionLines } from "../../upstream/distribution/versions.ts";
import { readPackageConfig } from "../../workspace/config/config.ts";
import type { Package } from "../../workspace/workspace.ts";
import { planLibraryRebuilds, type Libraries } from "./library-rebuilds.ts";

const error = new SluiceError("database-unavailable", "down");
const extra = "https://mirror.example.org/extra.db";
const own = "https://example.org/tiny.db";

function known(url: string, packages: readonly string[]): KnownDatabase {
  return { url, newestBuild: 0, packages };
}

function read(
  url: string,
  packages: readonly string[],
  more: {
    before?: readonly string[];
    names?: Record<string, { pkgnames?: string[]; provides?: string[] }>;
  } = {},
): DatabaseSighting {
  const names = Object.entries(more.names ?? {}).map(
    ([base, { pkgnames = [], provides = [] }]) =>
      [base, { pkgnames: new Set(pkgnames), provides: new Set(provides) }] as const,
  );
  const before = more.before && known(url, more.before);
  return { kind: "read", database: known(url, packages), before, names: new Map(names), entries: [] };
}

function pkg(pkgbase: string, config: string, { version = "1.0-1", depends = [] as string[] } = {}): Package {
  const [, epoch, pkgver, pkgrel] = /^(?:(\d+):)?(.*)-(.*)$/.exec(version)!;
  const lines = [
    `pkgbase = ${pkgbase}`,
    `pkgver = ${pkgver}`,
    `pkgrel = ${pkgrel}`,
    ...(epoch === undefined ? [] : [`epoch = ${epoch}`]),
    ...depends.map((text) => `depends = ${text}`),
    `pkgname = ${pkgbase}`,
  ];
  const file = { kind: "file", text: config.replaceAll(" ", "\n") } as const;
  return { pkgbase, srcinfo: parseSrcinfo(lines.join("\n")), config: readPackageConfig(file).config };
}

function plan(
  packages: readonly Package[],
  versions: readonly string[],
  sightings: readonly DatabaseSighting[],
  config: Partial<Libraries["config"]> = {},
) {
  const settings = { BUILD_REPO: "tiny", CI_REBUILD_TRIGGERS: [], CI_REBUILD_BLACKLIST: [], ...config };
  const input = { packages, sightings, versions: parseVersions(versions), config: settings };
  const { bumps, ...rest } = planLibraryRebuilds(input);
  const bumped = Object.fromEntries(bumps.map(({ pkgbase, bump }) => [pkgbase, bump]));
  return { ...rest, bumps, bumped, state: versionLines(rest.versions) };
}

const app = pkg("app", "CI_REBUILD_TRIGGERS=icu:boost");

test("a changed library rebuilds the packages that name it, says why, and moves the state on", () => {
  const result = plan(
    [app, pkg("other", "CI_REBUILD_TRIGGERS=qt")],
    ["icu:76.1-1", "qt:6-1"],
    [read(extra, ["icu:77.1-1", "qt:6-1"])],
  );
  expect(result.bumps).toEqual([
    {
      pkgbase: "app",
      bump: "1.0-1/1",
      libraries: [{ name: "icu", before: "76.1-1", after: "77.1-1" }],
      reason: "library bump: icu 76.1-1 → 77.1-1",
    },
  ]);
  expect(result.state).toEqual(["icu:77.1-1", "qt:6-1"]);
});

test("however many libraries changed, a package is bumped once, and all of them are named", () => {
  const { bumps } = plan(
    [app],
    ["icu:76.1-1", "boost:1.86.0-1"],
    [read(extra, ["boost:1.87.0-1", "icu:77.1-1"])],
  );
  expect(bumps).toMatchObject([
    { bump: "1.0-1/1", reason: "library bump: icu 76.1-1 → 77.1-1, boost 1.86.0-1 → 1.87.0-1" },
  ]);
});

test("the same library bump is not repeated: not at once, nor when the mirror goes back and forth", () => {
  const first = plan([app], ["icu:76.1-1"], [read(extra, ["icu:77.1-1"])]);
  const again: DatabaseSighting[] = [
    { kind: "unchanged", database: known(extra, ["icu:77.1-1"]) },
    { kind: "stale", database: known(extra, ["icu:77.1-1"]), error },
    { kind: "unavailable", url: extra, database: known(extra, ["icu:77.1-1"]), error },
    { kind: "unavailable", url: extra, database: undefined, error },
    read(extra, ["icu:77.1-1"]),
    read("https://other.example.org/extra.db", ["icu:76.1-1"]),
  ];
  for (const sighting of again) {
    const second = plan([app], first.state, [sighting]);
    expect(second.bumped, sighting.kind).toEqual({});
    expect(second.state, sighting.kind).toEqual(["icu:77.1-1"]);
    expect(plan([app], second.state, [read(extra, ["icu:77.1-1"])]).bumped, sighting.kind).toEqual({});
  }
});

test.each<[string, string[], DatabaseSighting, string[]]>([
  ["a library that wasn't there before", [], read(extra, ["icu:77.1-1"]), ["icu:77.1-1"]],
  [
    "a version that went down in its own database",
    ["icu:77.1-1"],
    read(extra, ["icu:76.1-1"], { before: ["icu:77.1-1"] }),
    ["icu:76.1-1"],
  ],
  [
    "a version that was lower in a database never read before",
    ["icu:77.1-1"],
    read(extra, ["icu:76.1-1"]),
    ["icu:77.1-1"],
  ],
  [
    "a version that only a database has that is down",
    ["icu:76.1-1"],
    { kind: "unavailable", url: extra, database: known(extra, ["icu:77.1-1"]), error },
    ["icu:76.1-1"],
  ],
  [
    "a library that is gone and that a package waits for",
    ["icu:76.1-1"],
    read(extra, ["qt:6-1"]),
    ["icu:76.1-1", "qt:6-1"],
  ],
])("%s bumps nothing", (_, versions, sighting, state) => {
  const result = plan([app], versions, [sighting]);
  expect(result.bumped).toEqual({});
  expect(result.state).toEqual(state);
});

test("what no database has any more is forgotten, unless one was never read", () => {
  const core = known("https://mirror.example.org/core.db", ["zlib:1-1"]);
  const down = { kind: "unavailable", url: core.url, error } as const;
  const versions = ["old:1-1", "zlib:1-1"];
  expect(plan([], versions, [read(extra, []), { ...down, database: core }]).state).toEqual(["zlib:1-1"]);
  expect(plan([], versions, [read(extra, []), { ...down, database: undefined }]).state).toEqual(versions);
  expect(plan([], versions, []).state).toEqual(versions);
});

test("of a library in two databases the first one's version counts, as in pacman.conf", () => {
  const core = read("https://mirror.example.org/core.db", ["icu:76.1-1"]);
  expect(plan([app], ["icu:76.1-1"], [core, read(extra, ["icu:99-1"])]).bumped).toEqual({});
});

test("a takeover continues .version-state: only what changed since is rebuilt", () => {
  const database = read(extra, ["acorn:1:8.18.0-1", "boost:1.86.0-1", "icu:77.1-1"]);
  const packages = [app, pkg("jsapp", "CI_REBUILD_TRIGGERS=acorn")];
  const { bumped } = plan(packages, ["acorn:1:8.18.0-1", "boost:1.86.0-1", "icu:76.1-1"], [database]);
  expect(bumped).toEqual({ app: "1.0-1/1" });
});

test("a library may be named by a pkgname, as boost-libs is of boost", () => {
  const database = read(extra, ["boost:1.87.0-1"], {
    names: { boost: { pkgnames: ["boost", "boost-libs"] } },
  });
  const { bumps } = plan([pkg("app", "CI_REBUILD_TRIGGERS=boost-libs")], ["boost:1.86.0-1"], [database]);
  expect(bumps).toMatchObject([{ libraries: [{ name: "boost" }] }]);
});

test("a library of the repository's list rebuilds what depends on it, by whatever name", () => {
  const packages = [
    pkg("by-name", "", { depends: ["icu>=70"] }),
    pkg("by-soname", "", { depends: ["libicuuc.so=76-64"] }),
    pkg("unrelated", "", { depends: ["qt"] }),
  ];
  const names = { icu: { pkgnames: ["icu"], provides: ["libicuuc.so"] } };
  const database = read(extra, ["icu:77.1-1", "qt:7-1"], { names });
  const versions = ["icu:76.1-1", "qt:6-1"];
  const { bumped } = plan(packages, versions, [database], { CI_REBUILD_TRIGGERS: ["icu"] });
  expect(Object.keys(bumped)).toEqual(["by-name", "by-soname"]);
});

test("a library of CI_REBUILD_BLACKLIST rebuilds nothing, whichever package names it", () => {
  const packages = [pkg("app", "CI_REBUILD_TRIGGERS=glibc:icu"), pkg("b", "", { depends: ["glibc"] })];
  const database = read(extra, ["glibc:2.42-1", "icu:77.1-1"]);
  const { bumps } = plan(packages, ["glibc:2.41-1", "icu:76.1-1"], [database], {
    CI_REBUILD_TRIGGERS: ["glibc"],
    CI_REBUILD_BLACKLIST: ["glibc"],
  });
  expect(bumps.map(({ pkgbase, reason }) => [pkgbase, reason])).toEqual([
    ["app", "library bump: icu 76.1-1 → 77.1-1"],
  ]);
});

test("a package that goes to the AUR takes no bump, and the report says so", () => {
  const { bumped, skipped } = plan(
    [pkg("app", "CI_MANAGE_AUR=true CI_REBUILD_TRIGGERS=icu")],
    ["icu:76.1-1"],
    [read(extra, ["icu:77.1-1"])],
  );
  expect(bumped).toEqual({});
  expect(skipped).toEqual([
    {
      pkgbase: "app",
      reason: "library bump: icu 76.1-1 → 77.1-1, but a package of CI_MANAGE_AUR=true takes no bump",
    },
  ]);
});

test("a package without any known version is skipped, not bumped by a guess", () => {
  const unknown = { ...app, srcinfo: undefined };
  const { skipped } = plan([unknown], ["icu:76.1-1"], [read(extra, ["icu:77.1-1"])]);
  expect(skipped).toMatchObject([{ pkgbase: "app", reason: expect.stringContaining("neither published") }]);
});

test("packages that name each other as libraries don't rebuild each other for ever", () => {
  const packages = [
    pkg("a", "CI_REBUILD_TRIGGERS=b:a"),
    pkg("b", "CI_REBUILD_TRIGGERS=c"),
    pkg("c", "CI_REBUILD_TRIGGERS=a"),
  ];
  const before = ["a:1.0-1", "b:1.0-1", "c:1.0-1"];
  const rebuilt = plan(packages, before, [read(own, ["a:1.0-1", "b:1.0-1.1", "c:1.0-1"])]);
  expect(rebuilt.bumped).toEqual({});
  const updated = plan(packages, before, [read(own, ["a:1.0-1", "b:2.0-1", "c:1.0-1"])]);
  expect(updated.bumped).toEqual({ a: "1.0-1/1" });
});

test("the rebuild of a library that doesn't depend on the package is a change like any other", () => {
  const { bumped } = plan([pkg("a", "CI_REBUILD_TRIGGERS=b")], ["b:1.0-1"], [read(own, ["b:1.0-1.1"])]);
  expect(bumped).toEqual({ a: "1.0-1/1" });
});
