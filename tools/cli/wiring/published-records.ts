import type { SchedulePorts } from "../../ci/pipeline/ports.ts";
import { isOwnDatabase } from "../../ci/needs/needs-look.ts";
import { needsText } from "../../pkgrepo/snapshot.ts";
import { databasesFor } from "../../upstream/distribution/databases-for.ts";

/**
 * What everything that is published for an architecture needs and gives: beside the repository's own database where
 * CI_LIB_DB names that, else as this machine published it, below the folder `repositories`.
 */
export function publishedRecords(repositories: string): NonNullable<SchedulePorts["published"]> {
  return async (config, upstreams, arch, before) => {
    const database = databasesFor(arch, config.CI_ARCHES, config.CI_LIB_DB).find((url) =>
      isOwnDatabase(url, config),
    );
    if (database !== undefined) return upstreams.publishedNeeds(database, before);
    return needsText({ root: repositories, name: config.BUILD_REPO, arch });
  };
}
