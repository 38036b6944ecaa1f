import type { WantedBuild } from "../../schedule/compose.ts";
import type { ScheduleFile } from "../../schedule/files.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import type { StateBranch } from "../../workspace/state/state.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { commitState } from "./commit-state.ts";
import { nextRequests } from "./next-requests.ts";
import { planWithRetry } from "./plan-with-retry.ts";
import type { SchedulePorts } from "./ports.ts";
import { pushSchedule } from "./push-schedule.ts";
import type { WorkspaceRefs } from "./workspace-refs.ts";

export type RequestPorts = Pick<SchedulePorts, "git" | "platform" | "now" | "progress" | "checkpoint">;

/** Builds of packages as main has them, that somebody or a trigger asks for. Main and the tag `scheduled` stay. */
export interface RequestPlan {
  readonly refs: WorkspaceRefs;
  readonly stateBranch: StateBranch;
  readonly workspace: Workspace;
  readonly builds: readonly WantedBuild[];
  readonly schedule: Schedule;
  readonly files: readonly ScheduleFile[];
  /** The trigger that fired, where that was it. */
  readonly trigger?: string;
}

/**
 * Plans, writes the schedule files and asks the builders on the branch `state`; again where another push was first.
 *
 * @throws SluiceError `locked`, `lost-race` (exit 1), and what planning and pushing throw
 */
export async function runRequest<Plan extends RequestPlan>(
  ports: RequestPorts,
  plan: () => Promise<Plan>,
): Promise<Plan> {
  const done = await planWithRetry(ports.git, ports.progress, plan, async (planned) => {
    const pushed = await push(ports, planned);
    return pushed.kind === "lost-race" ? pushed : { kind: "done", outcome: undefined };
  });
  return done.plan;
}

async function push(ports: RequestPorts, plan: RequestPlan): ReturnType<typeof pushSchedule> {
  const { refs, stateBranch, workspace, builds, trigger, files } = plan;
  const requests = nextRequests(stateBranch.state.requests, workspace, builds, ports.now(), trigger);
  const state = await commitState(ports, stateBranch, { ...stateBranch.state, requests }, workspace.config);
  return pushSchedule(ports, refs, { head: refs.head, state, tag: "stays" }, files);
}
