import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * An empty repository as `git init` makes it, without starting Git: tests make hundreds.
 *
 * @param dir the bare repository itself, or the folder that `.git` is to lie in
 * @param config more lines of its settings
 */
export function makeRepository(
  dir: string,
  { bare = false, branch = "main", config = "" }: { bare?: boolean; branch?: string; config?: string } = {},
): void {
  const folder = bare ? dir : join(dir, ".git");
  for (const name of ["hooks", "info", "objects/info", "objects/pack", "refs/heads", "refs/tags"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, "HEAD"), `ref: refs/heads/${branch}\n`);
  const settings = `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = ${bare}\n${config}`;
  writeFileSync(join(folder, "config"), settings);
}
