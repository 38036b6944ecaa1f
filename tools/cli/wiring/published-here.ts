import { defaultArch } from "../../alpm/names.ts";
import type { PublishedHere } from "../../ci/same-version.ts";
import { foldersOf } from "../../manager/installation.ts";
import type { VersionsHere } from "../../ci/operations/bump.ts";
import { madeFrom, readSnapshot, versionsOf } from "../../pkgrepo/snapshot.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { stateFolder } from "./installation.ts";

/** What this machine published of the workspace, if it publishes anything, in the usual state folder. */
export async function publishedHere(
  root: string,
  { BUILD_REPO: name }: Pick<RepositoryConfig, "BUILD_REPO">,
): Promise<PublishedHere> {
  const { repositories } = foldersOf(stateFolder({ root }));
  const records = await madeFrom({ root: repositories, name, arch: defaultArch });
  return records.size > 0 ? records : undefined;
}

/** The versions that are published here, or were and are still kept. */
export async function versionsHere(
  root: string,
  { BUILD_REPO: name }: Pick<RepositoryConfig, "BUILD_REPO">,
): Promise<VersionsHere> {
  const { repositories } = foldersOf(stateFolder({ root }));
  const snapshot = await readSnapshot({ root: repositories, name, arch: defaultArch });
  return (pkgbase) => (snapshot ? versionsOf(snapshot, pkgbase) : { published: undefined, kept: [] });
}
