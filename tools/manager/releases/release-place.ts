import type { Installation } from "../installation.ts";
import { ArtifactStore } from "./artifact-store.ts";
import { ReleaseRecords } from "./release-records.ts";
import type { ReleasePlace } from "./run-job.ts";

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
