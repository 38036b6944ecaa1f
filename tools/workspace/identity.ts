import { createHash } from "node:crypto";
import { srcinfoVersion, type Srcinfo } from "../alpm/srcinfo.ts";
import { vercmp } from "../alpm/vercmp.ts";
import type { PackageFiles } from "./build-files.ts";
import { affectsBuild, affectsPackage, namedFiles } from "./build-files.ts";
import { bumpOf } from "./bump.ts";
import type { PackageConfig } from "./config/config.ts";
import type { Package } from "./workspace.ts";

/** What a package's build is made from, as far as the workspace decides it. */
export interface RecipeIdentity {
  /** SHA-256 over `buildInputs`: two commits with the same ask for the same packages. */
  readonly inputs: string;
  /**
   * SHA-256 over mode, content id and path of every file of the folder but notes, settings included. It is all that
   * records of earlier releases have, and a failed build is tried again when it changes.
   */
  readonly recipeTree: string;
  /** CI_PACKAGE_BUMP as it takes effect, or null. */
  readonly bump: string | null;
}

/** What was recorded of a build; earlier releases recorded no `inputs`. */
export type RecordedIdentity = Pick<RecipeIdentity, "recipeTree"> & Partial<Pick<RecipeIdentity, "inputs">>;

/** Whether the same packages are asked for. */
export function sameRecipe(a: RecordedIdentity | undefined, b: RecordedIdentity | undefined): boolean {
  if (!a || !b) return false;
  return a.recipeTree === b.recipeTree || (a.inputs !== undefined && a.inputs === b.inputs);
}

export function recipeIdentity(pkg: Package, entries: PackageFiles): RecipeIdentity {
  const named = namedFiles([pkg.srcinfo]);
  const tree = createHash("sha256");
  for (const [path, { mode, id }] of sorted(entries)) {
    if (affectsBuild(path, named)) tree.update(`${mode} ${id} ${path}\0`);
  }
  const inputs = createHash("sha256");
  for (const [path, value] of sorted(buildInputs(pkg, entries))) inputs.update(`${path}\0${value}\0`);
  return { inputs: inputs.digest("hex"), recipeTree: tree.digest("hex"), bump: bumpInEffect(pkg) ?? null };
}

/**
 * What can change a package, by path: of files their mode and content id, of `.SRCINFO` and `.CI/config` what is
 * meant by them. Where updates come from, triggers, reviews, build class and time limit can't change it.
 */
export function buildInputs(pkg: Package, entries: PackageFiles): ReadonlyMap<string, string> {
  const named = namedFiles([pkg.srcinfo]);
  const inputs = new Map<string, string>();
  for (const [path, { mode, id }] of entries) {
    if (affectsPackage(path, named)) inputs.set(path, `${mode} ${id}`);
  }
  inputs.delete(".CI/config");
  const settings = settingsOf(pkg);
  if (settings !== "") inputs.set(".CI/config", settings);
  if (pkg.srcinfo) inputs.set(".SRCINFO", readOfSrcinfo(pkg.srcinfo));
  return inputs;
}

/** Settings that decide whether and where a build succeeds, and nothing about what it makes. */
export function buildConditions({
  BUILDER_CLASS,
  BUILDER_EXTRA_TIMEOUT,
  BUILDER_CACHE_SOURCES,
}: PackageConfig): string {
  return JSON.stringify([BUILDER_CLASS, BUILDER_EXTRA_TIMEOUT, BUILDER_CACHE_SOURCES]);
}

function settingsOf(pkg: Package): string {
  const { BUILDER_ALLOW_PROHIBITED, BUILDER_NETWORK } = pkg.config;
  const bump = bumpInEffect(pkg);
  return [
    ...(bump === undefined ? [] : [`CI_PACKAGE_BUMP=${bump}`]),
    ...(BUILDER_ALLOW_PROHIBITED ? ["BUILDER_ALLOW_PROHIBITED"] : []),
    ...(BUILDER_NETWORK === undefined ? [] : [`BUILDER_NETWORK=${BUILDER_NETWORK}`]),
  ].join(" ");
}

/** One for a version that the recipe has left behind does nothing, so that taking it out changes nothing. */
function bumpInEffect(pkg: Package): string | undefined {
  const bump = bumpOf(pkg.config);
  if (!bump || bump.version === undefined) return bump?.count;
  const version = pkg.srcinfo && srcinfoVersion(pkg.srcinfo);
  const isPast = version !== undefined && !followsUpstream(pkg) && vercmp(bump.version, version) < 0;
  return isPast ? undefined : `${bump.version}/${bump.count}`;
}

/** Comments, descriptions and checksums of a `.SRCINFO` decide nothing: those that count are the PKGBUILD's. */
function readOfSrcinfo({ base, packages }: Srcinfo): string {
  const ofBase = [...base].filter(([field]) => readByBuild.test(field));
  const ofPackages = packages.map(({ pkgname, fields }) => [
    pkgname,
    [...fields].filter(([field]) => readByBuild.test(field)),
  ]);
  return JSON.stringify([ofBase, ofPackages]);
}

const readByBuild = /^(?:pkgver|pkgrel|epoch|(?:source|depends|makedepends|checkdepends)(?:_.+)?)$/;

function sorted<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether the newest upstream commit decides what is built, so that the same recipe may give another version. */
export function followsUpstream({ srcinfo, config }: Package): boolean {
  if (config.CI_FORCE_VCS) return true;
  const sources = [...(srcinfo?.base ?? [])].flatMap(([field, values]) =>
    /^source(?:_|$)/.test(field) ? values : [],
  );
  return sources.some(
    (source) =>
      /^(?:[^:]*::)?(?:git|hg|svn|bzr|fossil)(?:\+|:\/\/)/.test(source) &&
      !/#(?:commit|tag|revision)=/.test(source),
  );
}
