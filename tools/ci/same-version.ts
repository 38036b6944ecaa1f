import { howToRelease, readKnownVersion } from "../builder/versions/known-version.ts";
import type { Git } from "../git/git.ts";
import { readBlobs } from "../git/objects.ts";
import type { MadeFromRecord } from "../pkgrepo/snapshot.ts";
import type { PackageFiles } from "../workspace/build-files.ts";
import { packagePath } from "../workspace/files.ts";
import { buildInputs, followsUpstream, recipeIdentity, sameRecipe } from "../workspace/identity.ts";
import { staleIn } from "../workspace/metadata/stale-in.ts";
import type { Package, WorkspaceProblem } from "../workspace/workspace.ts";

/** A package as one commit, or the work tree, has it. */
export interface PackageThen {
  readonly pkg: Package;
  readonly files: PackageFiles;
}

/** What is published here, by pkgbase; undefined where this machine doesn't publish. */
export type PublishedHere = ReadonlyMap<string, MadeFromRecord> | undefined;

/**
 * Says that a package changed and keeps its version, where that is certain: what is published under that version stays
 * as it is, and no build of it is begun.
 *
 * @param versions as `knownVersion` has them, before and after
 * @param pkgbuild the PKGBUILD afterwards: where `.SRCINFO` is stale in the version, that comes first
 */
export function sameVersionProblem(
  before: PackageThen,
  after: PackageThen,
  versions: readonly [before: string | undefined, after: string | undefined],
  pkgbuild: string,
  packagesDir: string,
): WorkspaceProblem | undefined {
  const [old, version] = versions;
  if (version === undefined || old !== version || !after.pkg.srcinfo) return undefined;
  const [was, is] = [before, after].map(({ pkg, files }) => buildInputs(pkg, files));
  const paths = [...new Set([...was!.keys(), ...is!.keys()])].filter(
    (path) => was!.get(path) !== is!.get(path),
  );
  if (paths.length === 0) return undefined;
  if (staleIn(pkgbuild, after.pkg.srcinfo).some((field) => /^(?:pkgver|pkgrel|epoch)$/.test(field)))
    return undefined;
  const { pkgbase } = after.pkg;
  const path = packagePath(packagesDir, pkgbase);
  const what = paths.length === 1 ? paths[0]! : `${paths[0]} and ${paths.length - 1} more`;
  const message = `${what} changed, and the version is still ${version}; where that is published, no build is started: ${howToRelease(after.pkg)}`;
  return { kind: "same-version", pkgbase, path, message };
}

/** The same between two commits. */
export async function readSameVersionProblem(
  git: Git,
  before: PackageThen,
  after: PackageThen,
  packagesDir: string,
): Promise<WorkspaceProblem | undefined> {
  const versions = [
    await readKnownVersion(git, before.pkg, before.files),
    await readKnownVersion(git, after.pkg, after.files),
  ] as const;
  if (versions[0] !== versions[1] || after.files.get("PKGBUILD")?.size === undefined) return undefined;
  const { id } = after.files.get("PKGBUILD")!;
  const pkgbuild = (await readBlobs(git, [id])).get(id)!.toString();
  return sameVersionProblem(before, after, versions, pkgbuild, packagesDir);
}

/**
 * What asking for a package comes to that is published from this very recipe: builders leave it at that. A package that
 * follows upstream may have something new.
 */
export function alreadyPublishedNote(
  { pkg, files }: PackageThen,
  published: PublishedHere,
): string | undefined {
  const { pkgbase } = pkg;
  if (followsUpstream(pkg)) return undefined;
  const choice = `sluice bump ${pkgbase} builds it once more`;
  if (!published) return `where this very recipe is published, it isn't built again; ${choice}`;
  const isPublished = sameRecipe(published.get(pkgbase), recipeIdentity(pkg, files));
  return isPublished ? `this very recipe is published, so it isn't built again; ${choice}` : undefined;
}
