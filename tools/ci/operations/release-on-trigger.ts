import type { Git } from "../../git/git.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { findReleases, releasedProjects, type ReleasesFound } from "../updates/find-releases.ts";
import { planOperation, readCurrentState, type OperationPlan, type OperationPorts } from "./operation.ts";

export interface ReleaseOnTriggerPlan extends OperationPlan {
  readonly releases: ReleasesFound;
}

/** The triggers that channels of a commit's projects wait for. */
export async function triggersOfProjects(git: Git, commit: string): Promise<ReadonlySet<string>> {
  const projects = [...(await readCommitProjects(git, commit)).values()];
  const channels = projects.flatMap(({ definition }) => [...(definition?.channels.values() ?? [])]);
  return new Set(channels.flatMap(({ trigger }) => trigger ?? []));
}

/** Commits a lock for each channel that waits for this trigger and whose branch has moved since its last release. */
export async function planReleaseOnTrigger(
  ports: OperationPorts & Pick<SchedulePorts, "upstreams">,
  trigger: string,
): Promise<ReleaseOnTriggerPlan> {
  const present = await readCurrentState(ports);
  const { refs, side, stateBranch } = present;
  const upstreams = ports.upstreams(side.workspace.config, {});
  const releases = await findReleases(
    ports.git,
    refs.head,
    upstreams,
    stateBranch.state,
    ports.now(),
    trigger,
  );
  const plan = await planOperation(ports, present, {
    kind: "chore(release)",
    subject: `chore(release): ${releasedProjects(releases).join(", ")}: trigger ${trigger}`,
    packages: [],
    changes: releases.changes,
  });
  return { ...plan, releases };
}
