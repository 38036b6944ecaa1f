import { defaultArch } from "../../alpm/names.ts";
import type { PublishedHere } from "../../ci/same-version.ts";
import { foldersOf } from "../../manager/installation.ts";
import { madeFrom } from "../../pkgrepo/snapshot.ts";
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
