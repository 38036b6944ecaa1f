import { sortOf } from "../definition/publication-kinds.ts";
import type { Chosen } from "./publications-of.ts";
import type { Step } from "./release-plan.ts";

/**
 * All are brought where they go, then all are verified, so that nothing is seen of a release that isn't whole; then
 * what can't be undone, then all switches; what tells people of the rest, and other names, come last.
 */
export function publishingSteps(chosen: readonly Chosen[], alias: string | undefined): readonly Step[] {
  const of = (sort: "final" | "switch" | "last"): readonly Chosen[] =>
    chosen.filter(({ publication }) => sortOf[publication.to] === sort);
  const images = alias === undefined ? [] : chosen.filter(({ publication }) => publication.to === "oci");
  return [
    ...each("stage", chosen),
    ...each("verify", chosen),
    ...each("publish", of("final")),
    ...each("show", of("switch")),
    ...each("show", of("last")),
    ...images.map(({ name }): Step => ({ do: "alias", publication: name, alias: alias! })),
  ];
}

function each(step: Step["do"], publications: readonly Chosen[]): readonly Step[] {
  return publications.map(({ name }) => ({ do: step, publication: name }));
}
