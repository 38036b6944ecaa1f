import { buildClassOf } from "../../workspace/build-class.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { scheduleFor } from "../pipeline/compose-schedule.ts";
import type { RequestPlan } from "../pipeline/push-request.ts";
import { alreadyPublishedNote, type PublishedHere } from "../same-version.ts";
import { keptOf, readUntakenSchedule } from "../on-commit/untaken-schedule.ts";
import { readCurrentState, type OperationPorts } from "./operation.ts";
import { findPackage, meantPackages } from "../../workspace/package-names.ts";

export interface ScheduleByHand extends RequestPlan {
  /** Packages that builders leave as they are, and why. */
  readonly notes: readonly { readonly pkgbase: string; readonly message: string }[];
}

/**
 * Schedules packages as main has them: no commit is made, and the tag `scheduled` stays. What an earlier schedule of
 * this clone asks for that nobody took stays in it.
 *
 * @param requests `PKGBASE`, `PKGBASE/CLASS`, `all` or `all/CLASS`; of several for one package the last counts,
 *   and a package's own counts before `all`
 * @param published reads what is known here of published packages
 * @throws SluiceError `unknown-package`
 */
export async function planScheduleByHand(
  ports: OperationPorts,
  requests: readonly string[],
  published: (config: RepositoryConfig) => Promise<PublishedHere> = () => Promise.resolve(undefined),
): Promise<ScheduleByHand> {
  const { refs, side, stateBranch } = await readCurrentState(ports);
  const { workspace } = side;
  const { config, packages } = workspace;
  const classes = new Map(
    requests.map(splitClass).map(([name, buildClass]) => [findPackage(name, packages) ?? name, buildClass]),
  );
  const builds = meantPackages([...classes.keys()], packages).map((pkgbase) => ({
    pkgbase,
    class: classes.get(pkgbase) || classes.get("all") || buildClassOf(packages.get(pkgbase)!, config),
    reason: "asked for by hand",
  }));
  const at = { workspace, commit: refs.head, platform: ports.platform };
  const untaken = await readUntakenSchedule(ports.git, ports.platform);
  const kept = keptOf(untaken, workspace, new Set(builds.map(({ pkgbase }) => pkgbase)));
  const { schedule, files } = scheduleFor(at, [...builds, ...kept.builds], kept.removals);
  const known = await published(config);
  const notes = builds.flatMap(({ pkgbase }) => {
    const then = { pkg: packages.get(pkgbase)!, files: side.entries.get(pkgbase)! };
    const message = alreadyPublishedNote(then, known);
    return message === undefined ? [] : [{ pkgbase, message }];
  });
  return { refs, stateBranch, workspace, builds, schedule, files, notes };
}

/** What isn't a class stays part of the name, and is then a wrong one. */
function splitClass(request: string): [name: string, buildClass: string] {
  const [, name, buildClass] = /^([^/]+)\/([A-Za-z0-9_][A-Za-z0-9._+-]*)$/.exec(request) ?? [];
  return name === undefined ? [request, ""] : [name, buildClass!];
}
