import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { checkPublished, type Damage } from "../../pkgrepo/checking/check.ts";
import { readDatabase } from "../../pkgrepo/database-file.ts";
import { publishedPackages } from "../../pkgrepo/snapshot.ts";
import { parseVersions, addNewest } from "../../upstream/distribution/versions.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import type { Sighting } from "../../upstream/upstream.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { AddPorts } from "./add.ts";
import type { AuditFacts, Published, UpstreamVersion } from "./audit.ts";
import { readCurrentState } from "./operation.ts";
import { recipeVersion } from "../../workspace/metadata/recipe-srcinfo.ts";

export interface ReadFacts extends AuditFacts {
  /** Upstreams that couldn't be asked. */
  readonly unasked: readonly SluiceError[];
}

export interface AuditPlaces {
  /** A file or an address; undefined: that of BUILD_REPO in CI_LIB_DB, else what this machine published. */
  readonly database?: string | undefined;
  /** Where this machine publishes, if it does. */
  readonly repositories?: string | undefined;
}

/**
 * Asks everybody: main, the branch `state`, upstreams, the published repository, the branches of reviews. What can't
 * be asked doesn't keep the others from being asked.
 *
 * @throws SluiceError where main or the branch `state` can't be read
 */
export async function readAuditFacts(
  ports: AddPorts,
  { database, repositories }: AuditPlaces,
): Promise<ReadFacts> {
  const { progress, now } = ports;
  const unasked: SluiceError[] = [];
  async function ask<T>(question: Promise<T>): Promise<T | undefined> {
    return question.catch((error: unknown) => {
      if (!(error instanceof SluiceError)) throw error;
      unasked.push(error);
      return undefined;
    });
  }
  const { refs, side, stateBranch } = await readCurrentState(ports);
  const { workspace } = side;
  const { state } = stateBranch;
  const { config } = workspace;
  const upstreams = ports.upstreams(config, {});
  progress("asking what is published");
  const local = await ask(readLocal(repositories, config, now()));
  const published: Published[] = [];
  for (const arch of config.CI_ARCHES) {
    const url = databaseOf(arch, database, config);
    const here = local?.published.find((one) => one.arch === arch);
    const found = url === undefined ? here : await ask(readPublished(url, arch, upstreams));
    if (found) published.push(found);
  }

  const packages = [...workspace.packages.values()];
  const ofAur = packages.filter((pkg) => pkg.config.CI_PKGBUILD_SOURCE === "aur" && !pkg.config.CI_NVCHECKER);
  const ofGit = packages.filter((pkg) => isGit(pkg) && !pkg.config.CI_NVCHECKER);
  progress(`asking the upstreams of ${ofAur.length + ofGit.length} packages`);
  const versions = new Map<string, UpstreamVersion>();
  for (const [pkgbase, entry] of (await ask(ports.aur(config).metadata(ofAur))) ?? []) {
    const { timestamp } = state.packages.get(pkgbase) ?? {};
    if (entry.kind !== "package") continue;
    const isSeen = timestamp !== undefined && entry.lastModified <= timestamp;
    versions.set(pkgbase, { version: entry.version, isSeen });
  }
  for (const [pkgbase, sighting] of (await ask(lookAtGit(ofGit, upstreams))) ?? []) {
    if ("error" in sighting) unasked.push(sighting.error);
    if (sighting.kind !== "recipe") continue;
    const { files, revision } = sighting.recipe;
    const version = recipeVersion(files);
    const isSeen = revision === state.packages.get(pkgbase)?.revision;
    if (version !== undefined) versions.set(pkgbase, { version, isSeen });
  }
  return {
    workspace,
    state,
    upstreams: versions,
    published,
    damage: local?.damage ?? [],
    leftFolders: local?.leftFolders ?? [],
    reviewBranches: refs.reviewBranches,
    unasked,
  };
}

/** Its address has the architecture in it, where there are several. */
function databaseOf(
  arch: string,
  given: string | undefined,
  { BUILD_REPO, CI_ARCHES, CI_LIB_DB }: Config,
): string | undefined {
  const urls =
    given === undefined ? CI_LIB_DB.filter((one) => fileName(one) === `${BUILD_REPO}.db`) : [given];
  return CI_ARCHES.length > 1 ? urls.find((url) => url.includes(`/${arch}/`)) : urls[0];
}

type Config = Pick<RepositoryConfig, "BUILD_REPO" | "CI_ARCHES" | "CI_LIB_DB">;

/** What this machine published, every file of it read. */
async function readLocal(
  repositories: string | undefined,
  { BUILD_REPO: name, CI_ARCHES }: Config,
  now: Date,
): Promise<Pick<AuditFacts, "damage" | "leftFolders" | "published"> | undefined> {
  if (repositories === undefined || !existsSync(repositories)) return undefined;
  const folders = (await readdir(repositories, { withFileTypes: true })).filter((one) => one.isDirectory());
  const leftFolders = folders.filter((one) => one.name !== name).map((one) => join(repositories, one.name));
  const damage: Damage[] = [];
  const published: Published[] = [];
  for (const arch of CI_ARCHES) {
    const where = { root: repositories, name, arch };
    const found = await checkPublished(where, { whole: true, now });
    const isReadable = found.every(({ kind }) => kind !== "database");
    const entries = isReadable ? await publishedPackages(where) : [];
    if (entries.length > 0) published.push(publishedIn(arch, entries));
    const path = (file: string): string => (CI_ARCHES.length > 1 ? `${arch}/${file}` : file);
    damage.push(...found.map((one) => ({ ...one, path: path(one.path) })));
  }
  return { damage, leftFolders, published };
}

async function readPublished(database: string, arch: string, upstreams: Upstreams): Promise<Published> {
  if (!/^https?:\/\//.test(database)) return publishedIn(arch, await readDatabase(database));
  const [sighting] = await upstreams.libraries([database], []);
  if (sighting?.kind === "read") {
    const pkgnames = [...sighting.names].map(([base, names]) => [base, names.pkgnames] as const);
    return { arch, versions: parseVersions(sighting.database.packages), pkgnames: new Map(pkgnames) };
  }
  if (sighting && "error" in sighting) throw sighting.error;
  throw new SluiceError("database-unavailable", `The database ${database} can't be read`);
}

function publishedIn(
  arch: string,
  entries: readonly { name: string; base: string; version: string }[],
): Published {
  const versions = new Map<string, string>();
  const pkgnames = new Map<string, Set<string>>();
  for (const { name, base, version } of entries) {
    addNewest(versions, base, version);
    pkgnames.set(base, (pkgnames.get(base) ?? new Set()).add(name));
  }
  return { arch, versions, pkgnames };
}

function fileName(url: string): string | undefined {
  return url
    .replace(/[?#].*/, "")
    .split("/")
    .at(-1);
}

/** Sources that bring whole recipes with a version of their own. */
function isGit({ config: { CI_PKGBUILD_SOURCE: source } }: Package): boolean {
  return !["", "aur", "custom"].includes(source) && !/^(?:gitlab|github):/.test(source);
}

/** As if they were looked at for the first time. */
function lookAtGit(
  packages: readonly Package[],
  upstreams: Upstreams,
): Promise<ReadonlyMap<string, Sighting>> {
  return upstreams.recipes(
    packages.map(({ pkgbase, srcinfo, config }) => ({
      pkgbase,
      source: config.CI_PKGBUILD_SOURCE,
      byNvchecker: false,
      srcinfo,
      recipe: async () => new Map(),
      seen: {},
    })),
  );
}
