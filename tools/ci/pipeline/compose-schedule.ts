import type { DependencyTree } from "../../deptree/tree.ts";
import { composeSchedule, type WantedBuild } from "../../schedule/compose.ts";
import { scheduleFiles, type ScheduleFile } from "../../schedule/files.ts";
import type { Schedule, ScheduledRemoval } from "../../schedule/schedule.ts";
import { builtFor } from "../../workspace/architectures.ts";
import { treeOf, type Workspace } from "../../workspace/workspace.ts";
import type { Platform } from "./platform.ts";

export interface ComposedSchedule {
  readonly schedule: Schedule;
  readonly files: readonly ScheduleFile[];
  /** Of the first architecture. */
  readonly tree: DependencyTree;
}

/**
 * The schedule of a commit, and its files: for each architecture of the repository the builds of packages that are
 * built for it, in the order of its own dependency tree.
 */
export function scheduleFor(
  { workspace, commit, platform }: { workspace: Workspace; commit: string; platform: Platform },
  wanted: readonly WantedBuild[],
  removals: readonly ScheduledRemoval[],
): ComposedSchedule {
  const { config, packages } = workspace;
  const header = {
    commit,
    pipeline: { commit: platform.commit ?? commit, id: platform.pipelineId, url: platform.pipelineUrl },
    source: config.REPO_NAME,
    target: config.BUILD_REPO,
  };
  const composed = config.CI_ARCHES.map((arch) => {
    const own = wanted.filter(({ pkgbase }) => {
      const pkg = packages.get(pkgbase);
      return pkg !== undefined && builtFor(pkg, config.CI_ARCHES).includes(arch);
    });
    const tree = treeOf(workspace, arch);
    return { tree, schedule: composeSchedule({ ...header, arch }, tree, own, removals) };
  });
  const [first, ...others] = composed;
  const further = others.map(({ schedule: { arch, builds, removals: gone } }) => ({
    arch,
    builds,
    removals: gone,
  }));
  const schedule = { ...first!.schedule, ...(further.length > 0 && { further }) };
  return { schedule, tree: first!.tree, files: scheduleFiles(schedule, first!.tree, config) };
}
