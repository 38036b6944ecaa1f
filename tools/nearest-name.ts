import { closest, distance } from "fastest-levenshtein";

/** The known name that was most likely meant, undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const found = closest(name, known);
  return distance(name, found) <= Math.max(2, Math.floor(name.length / 3)) ? found : undefined;
}
