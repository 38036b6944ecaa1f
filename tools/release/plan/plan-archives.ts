import { allJobs, listOf, type Definition } from "../definition/definition.ts";
import { makersOf, targetsOf } from "../definition/makers.ts";
import { innerPath } from "../definition/texts.ts";
import type { Filling } from "./filling.ts";
import type { Chosen } from "./publications-of.ts";
import type { PlannedArchive } from "./release-plan.ts";

/** The archives that are published, one for each target of what they pack. */
export function planArchives(
  definition: Definition,
  filling: Filling,
  published: readonly Chosen[],
): readonly PlannedArchive[] {
  const wanted = new Set(published.flatMap(({ publication }) => listOf(publication.of)));
  const makers = makersOf(allJobs(definition));
  return [...definition.archives].flatMap(([archive, { of, name, bundle }]) => {
    if (!wanted.has(archive)) return [];
    return (targetsOf(makers.get(of) ?? []) ?? [undefined]).map((target) => ({
      archive,
      target: target ?? null,
      file: filling.fill(`the archive ${archive}:`, name, target, innerPath),
      of: { artifact: bundle === undefined ? of : archive, target: target ?? null },
    }));
  });
}
