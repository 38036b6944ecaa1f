import { createHash } from "node:crypto";

/** Two recipes with the same files have the same; the order of the paths doesn't matter. */
export function recipeId(
  files: Iterable<readonly [path: string, file: { mode: string; id: string }]>,
): string {
  const hash = createHash("sha256");
  for (const [path, { mode, id }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${mode} ${id} ${path}\0`);
  }
  return `recipe-${hash.digest("hex")}`;
}
