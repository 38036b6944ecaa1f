import type { Installation } from "../installation.ts";
import { ArtifactStore } from "./jobs/artifact-store.ts";
import { ReleaseRecords } from "./record/release-records.ts";
import type { ReleasePlace } from "./jobs/run-job.ts";

/** Where an installation makes releases: beside its packages, in the same state folder. */
export function releasePlace(installation: Omit<Installation, "queue" | "repository">): ReleasePlace {
  const { git, sandbox, sandboxOf, folders, resources, checkpoint, now } = installation;
  return {
    git,
    sandbox,
    sandboxOf,
    folders,
    resources,
    checkpoint,
    records: new ReleaseRecords(folders.state, checkpoint),
    artifacts: new ArtifactStore(folders.state, checkpoint),
    now: () => now().getTime(),
  };
}
