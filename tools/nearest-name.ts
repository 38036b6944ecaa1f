import type { closest, distance } from "fastest-levenshtein";
import { createRequire } from "node:module";

/** The known name that was most likely meant, undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  // Every command could need it, and hardly one does: loading it takes milliseconds.
  const near = createRequire(import.meta.url)("fastest-levenshtein") as Levenshtein;
  const found = near.closest(name, known);
  return near.distance(name, found) <= Math.max(2, Math.floor(name.length / 3)) ? found : undefined;
}

interface Levenshtein {
  readonly closest: typeof closest;
  readonly distance: typeof distance;
}
