import type { SchedulePorts } from "../../ci/pipeline/ports.ts";
import { isOwnDatabase } from "../../ci/updates/find-needs.ts";
import { readSnapshot } from "../../pkgrepo/snapshot.ts";

/**
 * What everything that is published needs and gives: beside the repository's own database where CI_LIB_DB names that,
 * else as this machine published it, below the folder `repositories`.
 */
export function publishedRecords(repositories: string): NonNullable<SchedulePorts["published"]> {
  return async (config, upstreams) => {
    const database = config.CI_LIB_DB.find(
      (url) =>
        isOwnDatabase(url, config) && !config.CI_ARCHES.slice(1).some((other) => url.includes(`/${other}/`)),
    );
    if (database !== undefined) return upstreams.publishedNeeds(database);
    const snapshot = await readSnapshot({
      root: repositories,
      name: config.BUILD_REPO,
      arch: config.CI_ARCHES[0]!,
    });
    const records = await snapshot?.needs();
    const isComplete = snapshot?.entries.every(({ filename }) => records?.has(filename)) ?? false;
    return isComplete && records ? [...records.values()] : undefined;
  };
}
