import type { DatabaseEntry } from "../alpm/database.ts";
import { parseRelation } from "../alpm/relation.ts";
import { satisfies } from "../alpm/vercmp.ts";
import { publishedPackages } from "../pkgrepo/snapshot.ts";
import type { Installation } from "./installation.ts";
import type { Revision } from "./revision.ts";

/**
 * Lets builds go on that are blocked by a failure, where the package repository has what they need of the failed
 * package in a version that satisfies them (CI_ON_DEPENDENCY_FAILURE=auto).
 */
export async function releaseSatisfied(
  { queue, repository }: Installation,
  readRevision: (commit: string) => Promise<Revision>,
): Promise<void> {
  const { builds } = await queue.state();
  const blocked = builds.filter(
    ({ status, onDependencyFailure }) => status.kind === "blocked" && onDependencyFailure === "auto",
  );
  if (blocked.length === 0) return;
  const published = await publishedPackages(repository);
  for (const build of blocked) {
    if (build.status.kind !== "blocked") continue;
    const revision = await readRevision(build.commit);
    const satisfied = build.status.by.filter((need) => isSatisfied(build.pkgbase, need, revision, published));
    if (satisfied.length > 0) await queue.release(build, satisfied);
  }
}

/** Whether everything that `pkgbase` needs of `need` is published in a version that it accepts. */
function isSatisfied(
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
