import { buildClassOf } from "../../workspace/build-class.ts";
import { listFolders, readFolders } from "../../workspace/commit.ts";
import { readState } from "../../workspace/state/state.ts";
import { parseWorkspace, requireValidConfig } from "../../workspace/workspace.ts";
import { scheduleFor } from "../pipeline/compose-schedule.ts";
import type { RequestPlan, RequestPorts } from "../pipeline/push-request.ts";
import { readWorkspaceRefs } from "../pipeline/workspace-refs.ts";

/** What a named trigger schedules. */
export interface OnTriggerPlan extends RequestPlan {
  readonly trigger: string;
  /** All triggers that packages of the workspace have, by name. */
  readonly triggers: readonly string[];
}

/** Schedules the packages whose CI_ON_TRIGGER it is, as main has them, and nothing else. */
export async function planOnTrigger(
  { git, platform }: RequestPorts,
  trigger: string,
): Promise<OnTriggerPlan> {
  const refs = await readWorkspaceRefs(git, platform);
  const workspace = parseWorkspace(await readFolders(git, await listFolders(git, refs.head)));
  requireValidConfig(workspace);
  const { config, packages } = workspace;
  const triggered = [...packages.values()].filter((pkg) => pkg.config.CI_ON_TRIGGER !== "");
  const wanted = triggered.filter((pkg) => pkg.config.CI_ON_TRIGGER === trigger);
  const builds = wanted.map((pkg) => ({
    pkgbase: pkg.pkgbase,
    class: buildClassOf(pkg, config),
    reason: `trigger ${trigger}`,
  }));
  return {
    refs,
    stateBranch: await readState(git, refs.state),
    workspace,
    builds,
    trigger,
    ...scheduleFor({ workspace, commit: refs.head, platform }, builds, []),
    triggers: [...new Set(triggered.map((pkg) => pkg.config.CI_ON_TRIGGER))].sort(),
  };
}
