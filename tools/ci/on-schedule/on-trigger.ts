import { defaultArch } from "../../alpm/names.ts";
import { treeOf, requireValidConfig } from "../../workspace/workspace.ts";
import type { Git } from "../../git/git.ts";
import { ignoreFiles } from "../../git/ignore.ts";
import { composeSchedule } from "../../schedule/compose.ts";
import { scheduleFiles, type ScheduleFile } from "../../schedule/files.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import type { Checkpoint } from "../../steps.ts";
import { listFolders, readFolders } from "../../workspace/commit.ts";
import { parseWorkspace } from "../../workspace/workspace.ts";
import { readWorkspaceRefs } from "../pipeline/workspace-refs.ts";
import { scheduleHeader } from "../on-commit/on-commit.ts";
import type { Platform } from "../pipeline/platform.ts";
import { writeScheduleFiles } from "../pipeline/write-schedule.ts";

/** What a named trigger schedules. */
export interface OnTriggerPlan {
  readonly trigger: string;
  readonly schedule: Schedule;
  readonly files: readonly ScheduleFile[];
  /** All triggers that packages of the workspace have, by name. */
  readonly triggers: readonly string[];
}

/** Schedules the packages whose CI_ON_TRIGGER it is, as main has them, and nothing else. */
export async function planOnTrigger(git: Git, platform: Platform, trigger: string): Promise<OnTriggerPlan> {
  const { head } = await readWorkspaceRefs(git, platform);
  const workspace = parseWorkspace(await readFolders(git, await listFolders(git, head)));
  requireValidConfig(workspace);
  const { config, packages } = workspace;
  const triggered = [...packages.values()].filter((pkg) => pkg.config.CI_ON_TRIGGER !== "");
  const wanted = triggered.filter((pkg) => pkg.config.CI_ON_TRIGGER === trigger);
  const tree = treeOf(workspace, defaultArch);
  const builds = wanted.map(({ pkgbase, config: { BUILDER_CLASS } }) => ({
    pkgbase,
    class: BUILDER_CLASS || config.CI_DEFAULT_CLASS || null,
    reason: `trigger ${trigger}`,
  }));
  const schedule = composeSchedule(scheduleHeader(head, config, platform), tree, builds, []);
  return {
    trigger,
    schedule,
    files: scheduleFiles(schedule, tree, config),
    triggers: [...new Set(triggered.map((pkg) => pkg.config.CI_ON_TRIGGER))].sort(),
  };
}

/** Writes the schedule files; nothing else changes. */
export async function applyOnTrigger(
  git: Git,
  { files }: Pick<OnTriggerPlan, "files">,
  checkpoint?: Checkpoint,
): Promise<void> {
  await ignoreFiles(
    git,
    files.map(([path]) => path),
  );
  writeScheduleFiles(git.dir, files, checkpoint);
}
