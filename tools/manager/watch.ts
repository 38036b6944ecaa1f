import { buildClassOf } from "../workspace/build-class.ts";
import { repairPublished, type Repaired } from "../pkgrepo/checking/repair.ts";
import { isWholeCheckDue } from "../pkgrepo/checking/check.ts";
import type { Submitted } from "../queue/submission.ts";
import type { Installation } from "./installation.ts";
import type { Revision } from "./reconcile/revision.ts";
import { submitBuilds } from "./reconcile/submit.ts";

/**
 * Looks at the published files by size and time, once a day by content and signature, and puts back what is damaged.
 *
 * @returns what was damaged; what is `lost` is to be built again
 */
export async function watchPublished(
  { repository, now }: Installation,
  watcher: { repaired?(file: Repaired): void },
): Promise<readonly Repaired[]> {
  const time = now();
  const whole = await isWholeCheckDue(repository, time);
  const repaired = await repairPublished(repository, { whole, now: time });
  for (const file of repaired) watcher.repaired?.(file);
  return repaired;
}

/** Builds lost packages again, those with a trigger of their own as well. */
export async function rebuildLost(
  installation: Installation,
  revision: Revision,
  repaired: readonly Repaired[],
): Promise<readonly Submitted[]> {
  const { packages, config } = revision.workspace;
  const lost = new Map(
    repaired.flatMap(({ outcome, pkgbase, path, problem }) =>
      outcome === "lost" && pkgbase !== undefined ? [[pkgbase, `${path} ${problem}`] as const] : [],
    ),
  );
  const builds = [...lost].flatMap(([pkgbase, reason]) => {
    const pkg = packages.get(pkgbase);
    return pkg && revision.isBuiltHere(pkgbase)
      ? [{ pkgbase, class: buildClassOf(pkg, config), reason }]
      : [];
  });
  return submitBuilds(installation, revision, builds);
}
