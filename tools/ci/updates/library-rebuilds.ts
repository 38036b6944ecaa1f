import { parseRelation } from "../../alpm/relation.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import type { DatabaseSighting, KnownDatabase } from "../../upstream/distribution/distribution.ts";
import { parseVersions, type Versions } from "../../upstream/distribution/versions.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { Package } from "../../workspace/workspace.ts";
import { nextBump } from "../../builder/versions/next-bump.ts";
import { publishedVersions } from "./published-versions.ts";

/** What library rebuilds are decided from. */
export interface Libraries {
  readonly packages: Iterable<Package>;
  readonly config: Pick<RepositoryConfig, "BUILD_REPO" | "CI_REBUILD_TRIGGERS" | "CI_REBUILD_BLACKLIST">;
  /** In the order of CI_LIB_DB: as in pacman.conf, the first database that has a package counts. */
  readonly sightings: readonly DatabaseSighting[];
  /** `.version-state`: the version of each library that packages were last rebuilt for. */
  readonly versions: Versions;
}

export interface LibraryRebuilds {
  readonly bumps: readonly LibraryBump[];
  /** Packages that a changed library would rebuild, and why it doesn't. */
  readonly skipped: readonly { readonly pkgbase: string; readonly reason: string }[];
  /** The state to write together with the bumps, or the same bumps are made again. */
  readonly versions: Versions;
  readonly databases: readonly KnownDatabase[];
}

export interface LibraryBump {
  readonly pkgbase: string;
  /** The new CI_PACKAGE_BUMP, `VERSION/N`. */
  readonly bump: string;
  readonly libraries: readonly LibraryChange[];
  /** `library bump: icu 76.1-1 → 77.1-1` */
  readonly reason: string;
}

export interface LibraryChange {
  /** A pkgbase of the databases. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Which packages are rebuilt because a library has a new version, each once however many libraries have. */
export function planLibraryRebuilds(libraries: Libraries): LibraryRebuilds {
  const { sightings } = libraries;
  const packages = new Map([...libraries.packages].map((pkg) => [pkg.pkgbase, pkg]));
  const current = currentVersions(sightings);
  const changes = libraryChanges(current, libraries.versions);
  const triggers = triggersOf(packages, libraries, current);
  const published = publishedVersions(sightings, libraries.config.BUILD_REPO, libraries.versions);

  const bumps: LibraryBump[] = [];
  const skipped: { pkgbase: string; reason: string }[] = [];
  for (const [pkgbase, pkg] of packages) {
    const changed = [...triggers.get(pkgbase)!]
      .map((library) => changes.get(library))
      .filter((change) => change !== undefined && !isOwnEcho(change, pkgbase, triggers)) as LibraryChange[];
    if (changed.length === 0) continue;
    const reason = reasonOf(changed);
    const next = nextBump(pkg, published(pkgbase));
    if ("skipped" in next) skipped.push({ pkgbase, reason: `${reason}, but ${next.skipped}` });
    else bumps.push({ pkgbase, bump: next.bump, libraries: changed, reason });
  }
  return {
    bumps,
    skipped,
    versions: nextVersions(current, libraries, new Set([...triggers.values()].flatMap((each) => [...each]))),
    databases: sightings.flatMap(({ database }) => database ?? []),
  };
}

interface Current {
  readonly version: string;
  readonly sighting: DatabaseSighting;
}

function currentVersions(sightings: readonly DatabaseSighting[]): ReadonlyMap<string, Current> {
  const current = new Map<string, Current>();
  for (const sighting of sightings) {
    for (const [pkgbase, version] of parseVersions(sighting.database?.packages ?? [])) {
      if (!current.has(pkgbase)) current.set(pkgbase, { version, sighting });
    }
  }
  return current;
}

/** A library that wasn't known before has not changed, and one whose version went down has none to rebuild for. */
function libraryChanges(
  current: ReadonlyMap<string, Current>,
  versions: Versions,
): ReadonlyMap<string, LibraryChange> {
  const changes = new Map<string, LibraryChange>();
  for (const [name, { version, sighting }] of current) {
    const before = versions.get(name);
    if (before === undefined || !isFresh(sighting) || vercmp(version, before) <= 0) continue;
    changes.set(name, { name, before, after: version });
  }
  return changes;
}

function isFresh({ kind }: DatabaseSighting): boolean {
  return kind === "read" || kind === "unchanged";
}

/**
 * By pkgbase, the libraries that rebuild it: those that it names, and those of the repository that it depends on.
 * A library may be named by its pkgbase or by a pkgname.
 */
function triggersOf(
  packages: ReadonlyMap<string, Package>,
  { config, sightings }: Libraries,
  current: ReadonlyMap<string, Current>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map(
    sightings.flatMap((sighting) => (sighting.kind === "read" ? [...sighting.names] : [])),
  );
  const bases = new Map(
    [...names].flatMap(([base, { pkgnames }]) => [...pkgnames].map((name) => [name, base] as const)),
  );
  const libraryOf = (name: string): string => (current.has(name) ? name : (bases.get(name) ?? name));

  const blacklist = new Set(config.CI_REBUILD_BLACKLIST);
  const librariesOf = (triggers: readonly string[]): readonly string[] =>
    triggers
      .filter((name) => !blacklist.has(name))
      .map(libraryOf)
      .filter((library) => !blacklist.has(library));
  const everywhere = librariesOf(config.CI_REBUILD_TRIGGERS);

  return new Map(
    [...packages.values()].map((pkg) => {
      const depends = everywhere.length === 0 ? new Set<string>() : dependsOf(pkg);
      const needed = everywhere.filter((library) => {
        const { pkgnames = [], provides = [] } = names.get(library) ?? {};
        return [library, ...pkgnames, ...provides].some((name) => depends.has(name));
      });
      return [pkg.pkgbase, new Set([...librariesOf(pkg.config.CI_REBUILD_TRIGGERS), ...needed])];
    }),
  );
}

/** What its packages need when they run, of any architecture. */
function dependsOf({ srcinfo }: Package): ReadonlySet<string> {
  const sections = srcinfo ? [srcinfo.base, ...srcinfo.packages.map(({ fields }) => fields)] : [];
  return new Set(
    sections
      .flatMap((section) => [...section].filter(([field]) => /^depends(?:_|$)/.test(field)))
      .flatMap(([, texts]) => texts.map((text) => parseRelation(text).name)),
  );
}

/**
 * Whether a change comes from rebuilding the package itself, or from what was rebuilt after it: packages that name
 * each other as libraries would rebuild each other for ever.
 */
function isOwnEcho(
  { name, before, after }: LibraryChange,
  pkgbase: string,
  triggers: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  if (name === pkgbase) return true;
  if (withoutBump(before) !== withoutBump(after)) return false;
  const reached = new Set([name]);
  for (const library of reached) for (const next of triggers.get(library) ?? []) reached.add(next);
  return reached.has(pkgbase);
}

function withoutBump(version: string): string {
  return version.replace(/(-\d+)\.\d+$/, "$1");
}

function reasonOf(libraries: readonly LibraryChange[]): string {
  const each = libraries.map(({ name, before, after }) => `${name} ${before} → ${after}`);
  return `library bump: ${each.join(", ")}`;
}

/**
 * What is compared with next time. A version goes down only where its own database was seen to go down: an older
 * mirror in place of another one must not make the same rebuilds happen again when it catches up. What no database
 * has any more is forgotten, unless a package waits for it, or a database has yet to be read for the first time.
 */
function nextVersions(
  current: ReadonlyMap<string, Current>,
  { versions, sightings }: Libraries,
  awaited: ReadonlySet<string>,
): Versions {
  const allKnown = sightings.length > 0 && sightings.every(({ database }) => database !== undefined);
  const gone = [...versions].filter(([name]) => !current.has(name) && (!allKnown || awaited.has(name)));
  const kept = [...current].map(([name, { version, sighting }]): [string, string] => {
    const before = versions.get(name);
    if (before === undefined) return [name, version];
    const order = vercmp(version, before);
    const follows = order > 0 ? isFresh(sighting) : order === 0 || wentDown(name, version, sighting);
    return [name, follows ? version : before];
  });
  return new Map([...kept, ...gone]);
}

function wentDown(name: string, version: string, sighting: DatabaseSighting): boolean {
  if (sighting.kind !== "read" || !sighting.before) return false;
  const before = sighting.before.packages.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
  return before !== undefined && vercmp(version, before) < 0;
}
