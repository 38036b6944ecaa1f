import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import type { Installation } from "../installation.ts";
import { releaseKey, type ReleaseKey } from "./record/release-key.ts";
import { releasePlace } from "./release-place.ts";

/** A release that was begun, for a lock that main has, and isn't finished; with its jobs that failed. */
export interface Unfinished {
  readonly release: ReleaseKey;
  readonly failed: readonly { readonly job: string; readonly message: string }[];
}

/** @param head the commit of main */
export async function unfinishedReleases(
  installation: Installation,
  head: string,
): Promise<readonly Unfinished[]> {
  const { records } = releasePlace(installation);
  const projects = await readCommitProjects(installation.git, head);
  return [...projects.values()].flatMap(({ name, locks }) =>
    [...locks].flatMap(([channel, { ref }]) => {
      const release = releaseKey(name, channel, ref);
      const record = records.read(release);
      if (!record || record.finishedAt !== null) return [];
      const failed = Object.entries(record.jobs)
        .filter(([, { isGreen }]) => !isGreen)
        .map(([job, { message = "failed" }]) => ({ job, message }));
      return [{ release, failed }];
    }),
  );
}
