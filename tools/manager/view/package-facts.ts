import { isPkgbase } from "../../alpm/names.ts";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { dependentsOf } from "../../deptree/tree.ts";
import type { Git } from "../../git/git.ts";
import type { LiveBuilders } from "../builders/live-builders.ts";
import { neighboursOf } from "./neighbours.ts";
import { causesOf, graphOf, ofEntry, stateOf } from "./plain-data.ts";
import { entriesOf, type CurrentState } from "./current-state.ts";

/** What main and what is published say of a package; undefined where neither knows it. */
export function packageFacts(
  pkgbase: string,
  { heads, status, snapshots }: Pick<CurrentState, "heads" | "status" | "snapshots">,
  living: LiveBuilders | undefined,
) {
  const head = heads.find(({ workspace }) => workspace.packages.has(pkgbase)) ?? heads[0]!;
  const pkg = head.workspace.packages.get(pkgbase);
  const published = entriesOf(snapshots).filter(({ base }) => base === pkgbase);
  if (!pkg && published.length === 0) return undefined;
  const node = head.tree.packages.get(pkgbase);
  const trigger = pkg?.config.CI_ON_TRIGGER || null;
  return {
    pkgbase,
    ...stateOf({ pkgbase, isInMain: pkg !== undefined, trigger, published, living }, status),
    causes: causesOf(pkgbase, status),
    graph: graphOf(neighboursOf(head.tree, pkgbase), status, snapshots),
    version: (pkg?.srcinfo && srcinfoVersion(pkg.srcinfo)) ?? null,
    onTrigger: trigger,
    pkgnames: node?.pkgnames ?? published.map(({ name }) => name),
    published: published.map(ofEntry),
    madeFrom: snapshots.find(({ madeFrom }) => madeFrom.has(pkgbase))?.madeFrom.get(pkgbase)?.commit ?? null,
    needs: [...new Set(node?.edges.map(({ to }) => to))],
    neededBy: dependentsOf(head.tree, pkgbase),
  };
}

/** Upstream's revision as the branch `state` remembers it. */
export async function upstreamOf(git: Git, pkgbase: string): Promise<string | null> {
  if (!isPkgbase(pkgbase)) return null;
  for (const ref of ["refs/remotes/origin/state", "refs/heads/state"]) {
    const { ok, stdout } = await git.attempt(["show", `${ref}:${pkgbase}`]);
    if (ok) return /^SLUICE_REVISION=(\S+)$/m.exec(stdout)?.[1] ?? null;
  }
  return null;
}
