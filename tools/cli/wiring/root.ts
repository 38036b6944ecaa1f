import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The workspace named by `--root`, else the nearest folder upwards with `.ci/config` or `.git`, else this one. */
export function findRoot(given: string | undefined): string {
  if (given !== undefined) return resolve(given);
  const here = process.cwd();
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".ci/config")) || existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return here;
  }
}
