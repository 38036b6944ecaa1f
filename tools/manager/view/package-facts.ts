import { isPkgbase } from "../../alpm/names.ts";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { dependentsOf } from "../../deptree/tree.ts";
import type { Git } from "../../git/git.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { CurrentState } from "./current-state.ts";
import { neighboursOf } from "./neighbours.ts";
import { causesOf, graphOf } from "./plain-data.ts";
import { entriesOf, ofEntry } from "./published-entries.ts";
import { worstOf, type Standing } from "./standings.ts";

/** What main and what is published say of a package; undefined where neither knows it. */
export function packageFacts(
  pkgbase: string,
  { heads, status, snapshots }: Pick<CurrentState, "heads" | "status" | "snapshots">,
  standings: readonly Standing[],
) {
  const worst = worstOf(standings);
  if (!worst) return undefined;
  const head = heads.find(({ workspace }) => workspace.packages.has(pkgbase)) ?? heads[0]!;
  const pkg = head.whole.packages.get(pkgbase);
  const published = entriesOf(snapshots).filter(({ base }) => base === pkgbase);
  const node = head.tree.packages.get(pkgbase);
  return {
    pkgbase,
    state: worst.state,
    why: worst.why,
    isCurrent: standings.every(({ isCurrent }) => isCurrent),
    standings,
    causes: causesOf(pkgbase, status),
    graph: graphOf(neighboursOf(head.tree, pkgbase), status, snapshots),
    version: versionOf(pkg),
    onTrigger: pkg?.config.CI_ON_TRIGGER || null,
    pkgnames: node?.pkgnames ?? [...new Set(published.map(({ name }) => name))],
    published: published.map(ofEntry),
    madeFrom: snapshots.find(({ madeFrom }) => madeFrom.has(pkgbase))?.madeFrom.get(pkgbase)?.commit ?? null,
    needs: [...new Set(node?.edges.map(({ to }) => to))],
    neededBy: dependentsOf(head.tree, pkgbase),
  };
}

/** As its recipe says; null where only a build finds out. */
export function versionOf(pkg: Package | undefined): string | null {
  return (pkg?.srcinfo && srcinfoVersion(pkg.srcinfo)) ?? null;
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
