import { expect, test } from "vitest";
import { NeedsWorld } from "../../../test/world/needs-world.ts";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { PublishedNeeds } from "../../upstream/distribution/published-needs.ts";
import type { KnownGives } from "../../upstream/distribution/gives.ts";
import { readPackageConfig, readRepositoryConfig } from "../../workspace/config/config.ts";
import type { NeedsState } from "../../workspace/state/needs-state.ts";
import { findNeeds, type NeedsFound } from "./find-needs.ts";

const arches = ["x86_64", "aarch64"] as const;
const urlOf = (arch: string): string => `https://mirror.example.org/${arch}/extra.db`;

function unreadable(): Promise<never> {
  return Promise.reject(new SluiceError("needs-unreadable", "it isn't JSON"));
}

/** libfoo as the distribution of each architecture has it, and `app`, which is linked to libfoo.so.1 in both. */
class TwoArchitectures {
  readonly soname: Record<string, number> = { x86_64: 1, aarch64: 1 };
  readonly published: Record<string, { version: string; soname: number }> = {
    x86_64: { version: "1.0-1", soname: 1 },
    aarch64: { version: "1.0-1", soname: 1 },
  };
  /** With what is published for aarch64. */
  trouble: "unknown" | "unreadable" | undefined;
  state: NeedsState = { gives: [], broken: {} };

  async run(): Promise<NeedsFound> {
    const srcinfo = parseSrcinfo("pkgbase = app\npkgver = 1.0\npkgrel = 1\ndepends = foo\npkgname = app");
    const { config } = readPackageConfig({ kind: "absent" });
    const found = await findNeeds({
      upstreams: {
        gives: async (urls) => urls.map((url) => ({ url, known: this.#gives(url), isNew: true })),
        symbols: async () => new Map(),
      },
      packages: new Map([["app", { pkgbase: "app", srcinfo, config }]]),
      config: readRepositoryConfig({
        kind: "file",
        text: `CI_ARCHES="${arches.join(" ")}"\nCI_LIB_DB="${arches.map(urlOf).join(" ")}"\n`,
      }).config,
      state: JSON.parse(JSON.stringify(this.state)) as NeedsState,
      published: async (arch) => this.#published(arch),
      rebuilt: new Set(),
      now: () => new Date("2026-06-01"),
    });
    this.state = found.state;
    return found;
  }

  #published(arch: string): PublishedNeeds | undefined {
    const trouble = arch === "aarch64" ? this.trouble : undefined;
    if (trouble === "unknown") return undefined;
    return { digest: "", records: trouble ? unreadable : async () => [this.#record(arch)] };
  }

  #gives(url: string): KnownGives {
    const arch = arches.find((one) => url.includes(`/${one}/`))!;
    const version = `${this.soname[arch]}.0-1`;
    const gives = [`${arch}-64:libfoo.so.${this.soname[arch]}`];
    return { url, read: "2026-06-01T00:00:00Z", packages: { foo: { version, gives } } };
  }

  #record(arch: string): PackageRecord {
    const { version, soname } = this.published[arch]!;
    const needs = { [`${arch}-64:libfoo.so.${soname}`]: { file: "usr/bin/app" } };
    const names = { pkgname: "app", pkgbase: "app", version, arch };
    return { ...names, needs, gives: [], depends: ["foo"], provides: [], builtWith: {} };
  }
}

const said = ({ bumps }: NeedsFound): string[] => bumps.map(({ bump, reason }) => `${bump} ${reason}`);

test("what is gone of the second architecture alone is rebuilt, and where both lack it once for both", async () => {
  const world = new TwoArchitectures();
  expect(said(await world.run())).toEqual([]);
  world.soname["aarch64"] = 2;
  expect(said(await world.run())).toEqual([
    "1.0-1/1 rebuild: libfoo.so.1 (aarch64-64) is gone (foo 1.0-1 → 2.0-1); libfoo.so.2 (aarch64-64) is there (aarch64)",
  ]);
  expect((await world.run()).broken.map(({ outcome }) => outcome)).toEqual([
    "its rebuild is asked for (aarch64)",
  ]);
  world.published["x86_64"] = { version: "1.0-1.1", soname: 1 };
  world.published["aarch64"] = { version: "1.0-1.1", soname: 2 };
  expect(await world.run()).toMatchObject({ bumps: [], broken: [], state: { broken: {} } });

  world.soname["x86_64"] = 3;
  world.soname["aarch64"] = 3;
  expect(said(await world.run())).toEqual([
    expect.stringMatching(/^1\.0-1\/2 rebuild: libfoo\.so\.1 is gone \(foo 1\.0-1 → 3\.0-1\)/),
  ]);
  expect((await world.run()).bumps).toEqual([]);
});

test.each([
  ["nothing is known of", "unknown", []],
  ["can't be read", "unreadable", ["it isn't JSON"]],
] as const)(
  "where what is published for an architecture %s, what was known stays",
  async (_, how, errors) => {
    const world = new TwoArchitectures();
    await world.run();
    world.soname["aarch64"] = 2;
    await world.run();
    const { broken } = world.state;
    world.trouble = how;
    const { bumps, sightings } = await world.run();
    expect(bumps).toEqual([]);
    expect(sightings.flatMap(({ error }) => error?.message ?? [])).toEqual(errors);
    expect(world.state.broken).toEqual(broken);
    world.trouble = undefined;
    expect((await world.run()).broken[0]?.outcome).toBe("its rebuild is asked for (aarch64)");
  },
);

test("where neither what is published nor the distribution has changed, nothing is read, and the same is told", async () => {
  const world = new NeedsWorld();
  world.head = "a".repeat(40);
  world.distribution["foo"] = { gives: ["libfoo.so.1"] };
  world.published["vendor"] = { needs: ["libgone.so.1"] };
  world.published["app"] = { needs: ["libfoo.so.1"] };
  const first = await world.run();
  expect(first.broken["vendor"]).toContain("libgone.so.1 isn't there");
  world.isQuiet = true;
  world.read = 0;
  expect(await world.run()).toEqual(first);
  expect(world.read).toBe(0);

  world.head = "b".repeat(40);
  world.published["vendor"] = { needs: [] };
  expect(await world.run()).toEqual({ bumps: {}, broken: {} });
  world.isQuiet = false;
  world.distribution["foo"] = { version: "2.0-1", gives: ["libfoo.so.2"] };
  expect(Object.keys((await world.run()).bumps)).toEqual(["app"]);
});

test("where the memory of what the distribution gives is lost, it is sent again", async () => {
  const world = new NeedsWorld();
  world.head = "a".repeat(40);
  world.distribution["foo"] = { gives: ["libfoo.so.1"] };
  world.published["app"] = { needs: ["libfoo.so.1"] };
  await world.run();
  world.state = { ...world.state, gives: [] };
  world.isQuiet = true;
  world.published["app"] = { needs: ["libfoo.so.1"], version: "1.0-2" };
  expect(await world.run()).toEqual({ bumps: {}, broken: {} });
  expect(world.state.gives).toHaveLength(2);
});
