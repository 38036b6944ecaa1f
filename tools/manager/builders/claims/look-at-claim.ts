import { inOneLine, SluiceError } from "../../../errors.ts";
import { folderOf } from "../../../pkgrepo/repository.ts";
import type { Build } from "../../../queue/queue.ts";
import type { UnchangedFiles } from "../../../system/unchanged-files.ts";
import type { Announcement, RepositoryAddress } from "../../builder-protocol.ts";
import { lookAtBuild, type Found } from "../../builds/handle-build.ts";
import { hasVersion, isCurrent } from "../../builds/run-build.ts";
import type { Installation } from "../../installation.ts";
import { explainSystemError } from "../../machine.ts";
import { lookAtJob, type FoundJob } from "../../releases/jobs/look-at-job.ts";
import { releaseOf } from "../../releases/record/release-key.ts";

/** What a claimed build comes to before a builder elsewhere begins, of a package or of a release. */
export type FoundClaim = Found | FoundJob;

type ToBuild = Extract<FoundClaim, { kind: "to-build" }>;
type ToRun = Extract<FoundClaim, { kind: "to-run" }>;

export async function lookAtClaim(installation: Installation, build: Build): Promise<FoundClaim> {
  try {
    return await (releaseOf(build) ? lookAtJob(installation, build) : lookAtBuild(installation, build));
  } catch (cause) {
    const error = explainSystemError(cause, installation.folders.state);
    if (!(error instanceof SluiceError)) throw error;
    return { kind: "ended", result: { outcome: "lost", message: inOneLine(error) } };
  }
}

/** How long it may take. */
export function secondsOf(found: ToBuild | ToRun): number {
  if (found.kind === "to-run") return found.request.seconds;
  const { revision, pkg } = found.inputs;
  return revision.workspace.config.BUILDER_TIMEOUT * pkg.config.BUILDER_EXTRA_TIMEOUT;
}

/** What follows upstream may have come to the version that is published. */
export async function isPublished(
  installation: Installation,
  { pkgbase }: Build,
  { inputs }: ToBuild,
  { version }: Announcement,
): Promise<boolean> {
  const published = await installation.readPublished();
  return (
    published !== undefined &&
    isCurrent(installation, published, pkgbase, inputs.identity) &&
    hasVersion(published, pkgbase, version)
  );
}

/** What a builder is told of where its packages go, and where what they need comes from. */
export async function repositoryOf(
  { repository: published, extra }: Installation,
  publicKeys: UnchangedFiles,
): Promise<RepositoryAddress> {
  const key = await publicKeys.read(folderOf(published).publicKey);
  const repositories = (extra?.repositories ?? []).map((one) => ({ ...one, servers: [...one.servers] }));
  const more = { repositories, keyrings: [...(extra?.keyrings ?? [])] };
  return { name: published.name, key, extra: more };
}
