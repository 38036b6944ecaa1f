import type { PublishedHere } from "../../ci/same-version.ts";
import { foldersOf } from "../../manager/folders.ts";
import type { VersionsHere } from "../../ci/operations/bump.ts";
import {
  madeFrom,
  readSnapshot,
  versionsOf,
  type MadeFromRecord,
  type Snapshot,
} from "../../pkgrepo/snapshot.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { stateFolder } from "./state-folder.ts";

/** What this machine published of the workspace, for whichever architecture, if it publishes anything, in the usual state folder. */
export async function publishedHere(
  root: string,
  { BUILD_REPO: name, CI_ARCHES }: Pick<RepositoryConfig, "BUILD_REPO" | "CI_ARCHES">,
): Promise<PublishedHere> {
  const { repositories } = foldersOf(stateFolder({ root }));
  const records = new Map<string, MadeFromRecord>();
  for (const arch of CI_ARCHES.toReversed()) {
    for (const [pkgbase, record] of await madeFrom({ root: repositories, name, arch }))
      records.set(pkgbase, record);
  }
  return records.size > 0 ? records : undefined;
}

/** The versions that are published here, or were and are still kept. */
export async function versionsHere(
  root: string,
  { BUILD_REPO: name, CI_ARCHES }: Pick<RepositoryConfig, "BUILD_REPO" | "CI_ARCHES">,
): Promise<VersionsHere> {
  const { repositories } = foldersOf(stateFolder({ root }));
  const snapshots: Snapshot[] = [];
  for (const arch of CI_ARCHES) {
    const snapshot = await readSnapshot({ root: repositories, name, arch });
    if (snapshot) snapshots.push(snapshot);
  }
  return (pkgbase) => {
    const found = snapshots.map((snapshot) => versionsOf(snapshot, pkgbase));
    return {
      published: found.find(({ published }) => published !== undefined)?.published,
      kept: [...new Set(found.flatMap(({ kept }) => kept))],
    };
  };
}
