import { describe, expect, test } from "vitest";
import { srcinfoText } from "../../../test/world/workspace.ts";
import { emptyState } from "../../workspace/state/state.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import { parseWorkspace } from "../../workspace/workspace.ts";
import { audit, type AuditFacts } from "./audit.ts";

interface Case {
  readonly main?: string;
  readonly config?: string;
  readonly pkgnames?: readonly string[];
  readonly state?: PackageState;
  readonly upstream?: { readonly version: string; readonly isSeen: boolean };
  /** pkgname → version, all of pkgbase foo. */
  readonly published?: Readonly<Record<string, string>>;
}

/** Of one package `foo`, `kind name: why`. */
function found({ main = "1", config = "", pkgnames = ["foo"], state, upstream, published }: Case): string[] {
  const folder = {
    name: "foo",
    pkgbuild: { kind: "present" },
    srcinfo: { kind: "file", text: srcinfoText("foo", { pkgver: main, pkgnames }) },
    config: { kind: "file", text: config },
  } as const;
  const facts: AuditFacts = {
    workspace: parseWorkspace({
      repositoryConfig: { kind: "absent" },
      packagesDir: "packages",
      folders: [folder],
    }),
    state: { ...emptyState, packages: new Map(state ? [["foo", state]] : []) },
    upstreams: new Map(upstream ? [["foo", upstream]] : []),
    published: publishedHere(published),
    damage: [],
    leftFolders: [],
    reviewBranches: [],
  };
  return audit(facts).map(({ kind, name, why }) => `${kind} ${name}: ${why}`);
}

function publishedHere(published: Case["published"]): AuditFacts["published"] {
  if (!published) return [];
  return [
    {
      arch: "x86_64",
      versions: new Map(Object.entries(published).map(([, version]) => ["foo", version])),
      pkgnames: new Map(Object.keys(published).length > 0 ? [["foo", new Set(Object.keys(published))]] : []),
    },
  ];
}

const seen = { version: "2-1", isSeen: true };
const digest = "0123456789abcdef";

describe("updates", () => {
  const cases: [what: string, given: Case, expected: string[]][] = [
    ["that main has are fine", { main: "2", upstream: seen }, []],
    ["that no run has seen yet come with the next one", { upstream: { version: "2-1", isSeen: false } }, []],
    [
      "that count as taken and aren't in main are lost",
      { upstream: seen },
      ["lost-update foo: upstream has 2-1, main 1-1, although it counts as taken"],
    ],
    [
      "that wait for a reviewer aren't lost",
      { upstream: seen, state: { held: digest.repeat(4) } },
      ["held foo: upstream has 2-1, main 1-1; a review waits"],
    ],
    [
      "that somebody refused aren't lost",
      { upstream: seen, state: { held: digest.repeat(4), refused: digest } },
      ["held foo: upstream has 2-1, main 1-1; somebody refused it"],
    ],
    ["to a version that main is ahead of are none", { main: "3", upstream: seen }, []],
  ];
  test.each(cases)("%s", (_what, given, expected) => expect(found(given)).toEqual(expected));
});

describe("builds", () => {
  const cases: [what: string, given: Case, expected: string[]][] = [
    ["that are published are fine", { published: { foo: "1-1" } }, []],
    ["of a version that pkgver() knew are fine", { published: { foo: "1.r5-1" } }, []],
    [
      "of a newer recipe are lost",
      { main: "2", published: { foo: "1-1" } },
      ["lost-build foo: 1-1 is published, main asks for 2-1"],
    ],
    ["that never were are lost", { published: {} }, ["lost-build foo: it isn't published"]],
    [
      "on a trigger of their own are as old as they want",
      { main: "2", config: "CI_ON_TRIGGER=daily", published: { foo: "1-1" } },
      [],
    ],
    [
      "of a bump are lost, too",
      { config: "CI_PACKAGE_BUMP=1-1/2", published: { foo: "1-1.1" } },
      ["lost-build foo: 1-1.1 is published, main asks for 1-1.2"],
    ],
    [
      "of a bump that were done are fine",
      { config: "CI_PACKAGE_BUMP=1-1/2", published: { foo: "1-1.2" } },
      [],
    ],
    [
      "of a bump without a version",
      { config: "CI_PACKAGE_BUMP=3", published: { foo: "1-1" } },
      ["lost-build foo: 1-1 is published, main asks for 1-1.3"],
    ],
    [
      "of a bump for what pkgver() made",
      { config: "CI_PACKAGE_BUMP=1.r5-1/1", published: { foo: "1.r5-1" } },
      ["lost-build foo: 1.r5-1 is published, main asks for 1.r5-1.1"],
    ],
    [
      "of a bump for an older version don't matter",
      { main: "2", config: "CI_PACKAGE_BUMP=1-1/9", published: { foo: "2-1" } },
      [],
    ],
    ["are nobody's business where it isn't known what is published", {}, []],
  ];
  test.each(cases)("%s", (_what, given, expected) => expect(found(given)).toEqual(expected));
});

const folder = (name: string, arch: readonly string[]) =>
  ({
    name,
    pkgbuild: { kind: "present" },
    srcinfo: { kind: "file", text: srcinfoText(name, { arch }) },
    config: { kind: "absent" },
  }) as const;
const published = (arch: string, ...names: string[]) => ({
  arch,
  versions: new Map(names.map((name) => [name, "1-1"])),
  pkgnames: new Map(names.map((name) => [name, new Set([name])])),
});

test("each architecture's repository is compared with what is for it", () => {
  const facts: AuditFacts = {
    workspace: parseWorkspace({
      repositoryConfig: { kind: "file", text: "CI_ARCHES=x86_64 aarch64\n" },
      packagesDir: ".",
      folders: [folder("both", ["x86_64", "aarch64"]), folder("data", ["any"]), folder("pc", ["x86_64"])],
    }),
    state: emptyState,
    upstreams: new Map(),
    published: [published("x86_64", "both", "data", "pc"), published("aarch64", "both", "pc")],
    damage: [],
    leftFolders: [],
    reviewBranches: [],
  };
  expect(audit(facts).map(({ kind, name, why }) => `${kind} ${name}: ${why}`)).toEqual([
    "lost-build data: it isn't published for aarch64",
    "orphan pc: is published for aarch64, and its recipe isn't for that",
  ]);
});

describe("orphans", () => {
  test("are split packages that are published and not made any more, but no debug packages", () => {
    expect(found({ published: { foo: "1-1", "foo-docs": "1-1", "foo-debug": "1-1" } })).toEqual([
      "orphan foo-docs: is published, and foo doesn't make it any more",
    ]);
  });

  test("are packages, states and branches of what the workspace doesn't have", () => {
    const workspace = parseWorkspace({ repositoryConfig: { kind: "absent" }, packagesDir: ".", folders: [] });
    const facts: AuditFacts = {
      workspace,
      state: { ...emptyState, packages: new Map([["gone", {}]]) },
      upstreams: new Map(),
      published: [
        {
          arch: "x86_64",
          versions: new Map([["gone", "1-1"]]),
          pkgnames: new Map([
            ["gone", new Set(["gone"])],
            // `sluice key rotate` makes it.
            ["sluice-keyring", new Set(["sluice-keyring"])],
          ]),
        },
      ],
      damage: [{ path: "foo.pkg.tar.zst", problem: "is missing" }],
      leftFolders: ["/srv/former"],
      reviewBranches: [`update-gone-${digest}`, "update-!"],
    };
    expect(audit(facts).map(({ kind, name, why }) => `${kind} ${name} ${why}`)).toEqual([
      "damaged foo.pkg.tar.zst is missing",
      "orphan gone is published, and no package of the workspace",
      "orphan gone has a file in the branch `state`, and is no package of the workspace",
      `orphan update-gone-${digest} is a review's branch of no package of the workspace`,
      "orphan /srv/former is published, and BUILD_REPO is sluice",
    ]);
  });
});
