import { formatChaotic } from "../deptree/chaotic.ts";
import type { DependencyTree } from "../deptree/tree.ts";
import { formatChaoticParams, type ChaoticSettings } from "./chaotic-params.ts";
import { formatGithubMatrix, formatGitlabPipeline } from "./runners.ts";
import type { Schedule } from "./schedule.ts";

export interface ScheduleSettings extends ChaoticSettings {
  readonly CI_SCHEDULE_TO: "manager" | "chaotic" | "runners";
}

/** A file's path from the root of the workspace, and its text; undefined: an older one must go. */
export type ScheduleFile = readonly [path: string, text: string | undefined];

/**
 * All schedule files of one run. Those of chaotic-manager are always written where there is something to do:
 * a repository that came from there works on without changing a setting.
 */
export function scheduleFiles(
  schedule: Schedule,
  tree: DependencyTree,
  settings: ScheduleSettings,
): ScheduleFile[] {
  const params = formatChaoticParams(schedule, [...tree.packages.keys()], settings);
  const runners = settings.CI_SCHEDULE_TO === "runners";
  return [
    [".ci/schedule.json", `${JSON.stringify(schedule, null, 2)}\n`],
    [".ci/deptree.txt", schedule.builds.length > 0 ? formatChaotic(tree) : undefined],
    [".ci/schedule-params.txt", params],
    [".ci/schedule-pipeline.yml", runners ? formatGitlabPipeline(schedule) : undefined],
    [".ci/schedule-matrix.json", runners ? formatGithubMatrix(schedule) : undefined],
  ];
}
