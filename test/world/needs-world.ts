import { parseSrcinfo } from "../../tools/alpm/srcinfo.ts";
import type { PackageRecord } from "../../tools/binaries/record.ts";
import { findNeeds } from "../../tools/ci/updates/find-needs.ts";
import { sayBroken } from "../../tools/ci/updates/need-rebuilds.ts";
import type { SluiceError } from "../../tools/errors.ts";
import type { GivesSighting, KnownGives } from "../../tools/upstream/distribution/gives.ts";
import { readPackageConfig, readRepositoryConfig } from "../../tools/workspace/config/config.ts";
import type { NeedsState } from "../../tools/workspace/state/needs-state.ts";

const url = "https://mirror.example.org/extra.db";
const x = (name: string): string => (name.includes(":") ? name : `x86_64-64:${name}`);

export interface WorldPackage {
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
export class NeedsWorld {
  distribution: Record<string, WorldPackage> = {};
  published: Record<string, WorldPackage> = {};
  config = "";
  error: SluiceError | undefined;
  /** Whether the distribution says that nothing has changed since. */
  isQuiet = false;
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
      upstreams: {
        gives: async (_, known) =>
          this.isQuiet
            ? known.filter(({ url: one }) => one === url).map((one) => ({ url, known: one, isNew: false }))
            : [this.#sighting()],
      },
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

function recordOf([pkgname, pkg]: [string, WorldPackage]): PackageRecord {
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
