import type { DatabaseEntry } from "../../alpm/database.ts";
import { parseRelation } from "../../alpm/relation.ts";
import { satisfies } from "../../alpm/vercmp.ts";
import { publishedPackages } from "../../pkgrepo/snapshot.ts";
import type { Installation } from "../installation.ts";
import { isOfThisRepository } from "../reconcile/removals.ts";
import type { Revision } from "../reconcile/revision.ts";

/**
 * Lets builds go on that are blocked by a failure, where the package repository has what they need of the failed
 * package in a version that satisfies them (CI_ON_DEPENDENCY_FAILURE=auto).
 *
 * @returns how many were let go on
 */
export async function releaseSatisfied(installation: Installation): Promise<number> {
  const { queue, repository, revisions } = installation;
  const { builds } = await queue.state(["blocked"]);
  const blocked = builds.filter(
    (build) =>
      build.status.kind === "blocked" &&
      build.onDependencyFailure === "auto" &&
      isOfThisRepository(installation, build),
  );
  if (blocked.length === 0) return 0;
  const published = await publishedPackages(repository);
  let released = 0;
  // By commit, since each is read but once then.
  for (const build of blocked.toSorted((a, b) => (a.commit < b.commit ? -1 : 1))) {
    if (build.status.kind !== "blocked") continue;
    const revision = await revisions.at(build.commit);
    const satisfied = build.status.by.filter((need) => isSatisfied(build.pkgbase, need, revision, published));
    if (satisfied.length === 0) continue;
    await queue.release(build, satisfied);
    if (satisfied.length === build.status.by.length) released++;
  }
  return released;
}

/** Whether everything that `pkgbase` needs of `need` is published in a version that it accepts. */
export function isSatisfied(
  pkgbase: string,
  need: string,
  { tree }: Revision,
  published: readonly DatabaseEntry[],
): boolean {
  const edges = tree.packages.get(pkgbase)?.edges.filter(({ to }) => to === need) ?? [];
  return (
    edges.length > 0 &&
    edges.every(({ name, constraint }) => {
      const relation = parseRelation(`${name}${constraint ?? ""}`);
      return published.some(
        (entry) =>
          entry.base === need &&
          ((entry.name === name && satisfies(entry.version, relation)) ||
            entry.provides
              .map(parseRelation)
              .some((offer) => offer.name === name && satisfies(offer.version, relation))),
      );
    })
  );
}
