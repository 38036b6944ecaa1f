import type { WantedBuild } from "../../schedule/compose.ts";
import { withRequests, type RequestList } from "../../workspace/state/requests.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/**
 * What builders are asked for after this run, where it is `sluice up` that builds (CI_SCHEDULE_TO=manager). It follows
 * main by itself, so only what main doesn't show is asked for.
 *
 * @param trigger the one that fired, where that was it
 */
export function nextRequests(
  list: RequestList,
  { packages, config }: Workspace,
  builds: readonly WantedBuild[],
  now: Date,
  trigger?: string,
): RequestList {
  if (config.CI_SCHEDULE_TO !== "manager") return list;
  const wanted = builds.filter(
    ({ pkgbase, upstream }) =>
      upstream === undefined || upstream.length > 0 || packages.get(pkgbase)?.config.CI_ON_TRIGGER !== "",
  );
  if (wanted.length === 0) return list;
  const known = new Map([...list.builds].filter(([pkgbase]) => packages.has(pkgbase)));
  return withRequests({ ...list, builds: known }, wanted, now, trigger);
}
