import { defaultArch } from "../../alpm/names.ts";
import { composeSchedule } from "../../schedule/compose.ts";
import { scheduleFiles } from "../../schedule/files.ts";
import { treeOf } from "../../workspace/workspace.ts";
import { scheduleHeader } from "../on-commit/on-commit.ts";
import type { RequestPlan } from "../pipeline/push-request.ts";
import { readCurrentState, type OperationPorts } from "./operation.ts";
import { findPackage, meantPackages } from "../../workspace/package-names.ts";

/**
 * Schedules packages as main has them, and nothing else: no commit is made, and the tag `scheduled` stays.
 *
 * @param requests `PKGBASE`, `PKGBASE/CLASS`, `all` or `all/CLASS`; of several for one package the last counts,
 *   and a package's own counts before `all`
 * @throws SluiceError `unknown-package`
 */
export async function planScheduleByHand(
  ports: OperationPorts,
  requests: readonly string[],
): Promise<RequestPlan> {
  const { refs, side, stateBranch } = await readCurrentState(ports);
  const { workspace } = side;
  const { config, packages } = workspace;
  const classes = new Map(
    requests.map(splitClass).map(([name, buildClass]) => [findPackage(name, packages) ?? name, buildClass]),
  );
  const tree = treeOf(workspace, defaultArch);
  const builds = meantPackages([...classes.keys()], packages).map((pkgbase) => ({
    pkgbase,
    class:
      classes.get(pkgbase) ||
      classes.get("all") ||
      packages.get(pkgbase)!.config.BUILDER_CLASS ||
      config.CI_DEFAULT_CLASS ||
      null,
    reason: "asked for by hand",
  }));
  const schedule = composeSchedule(scheduleHeader(refs.head, config, ports.platform), tree, builds, []);
  return { refs, stateBranch, workspace, builds, schedule, files: scheduleFiles(schedule, tree, config) };
}

/** What isn't a class stays part of the name, and is then a wrong one. */
function splitClass(request: string): [name: string, buildClass: string] {
  const [, name, buildClass] = /^([^/]+)\/([A-Za-z0-9_][A-Za-z0-9._+-]*)$/.exec(request) ?? [];
  return name === undefined ? [request, ""] : [name, buildClass!];
}
