import { formatReleaseName, parseReleaseName, type ReleaseName } from "../../../release/refs/release-name.ts";
import { refText, type ReleaseRef } from "../../../release/refs/ref.ts";
import type { BuildKey } from "../../../queue/submission.ts";

/** A release, as records and the queue name it. */
export type ReleaseKey = ReleaseName;

/** In the queue a release's jobs are builds of this architecture, whichever targets they are for. */
export const releaseArch = "any";

/** The build that publishes what the others made. No job's key is without a dot. */
export const publishJob = "publish";

export function releaseKey(project: string, channel: string, ref: ReleaseRef): ReleaseKey {
  return { project, channel, ref: refText(ref) };
}

/** In place of a package repository: `garage/stable@v1.2.0`. */
export function releaseTarget(key: ReleaseKey): string {
  return formatReleaseName(key);
}

/** In place of a workspace's name, where builds are asked for by commits of a project. */
export function checksSource(project: string): string {
  return `releases/${project}`;
}

/** The release that a build is of; undefined: it is a package's. */
export function releaseOf({ target, arch }: Pick<BuildKey, "target" | "arch">): ReleaseKey | undefined {
  return arch === releaseArch ? parseReleaseName(target) : undefined;
}
