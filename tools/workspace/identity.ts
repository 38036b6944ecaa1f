import { createHash } from "node:crypto";
import type { PackageFiles } from "./build-files.ts";
import { affectsBuild, namedFiles } from "./build-files.ts";
import type { Package } from "./workspace.ts";

/** What a package's build is made from, as far as the workspace decides it. */
export interface RecipeIdentity {
  /** SHA-256 over mode, content id and path of every file that a build reads; changes where and only where those do. */
  readonly recipeTree: string;
  /** CI_PACKAGE_BUMP as it takes effect, or null. */
  readonly bump: string | null;
}

export function recipeIdentity({ srcinfo, config }: Package, entries: PackageFiles): RecipeIdentity {
  const named = namedFiles([srcinfo]);
  const hash = createHash("sha256");
  for (const [path, { mode, id }] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (affectsBuild(path, named)) hash.update(`${mode} ${id} ${path}\0`);
  }
  const bump = config.CI_MANAGE_AUR ? "" : config.CI_PACKAGE_BUMP;
  return { recipeTree: hash.digest("hex"), bump: bump || null };
}

/** Whether the newest upstream commit decides what is built, so that the same recipe may give another version. */
export function followsUpstream({ srcinfo, config }: Package): boolean {
  if (config.CI_FORCE_VCS) return true;
  const sources = [...(srcinfo?.base ?? [])].flatMap(([field, values]) =>
    /^source(?:_|$)/.test(field) ? values : [],
  );
  return sources.some(
    (source) =>
      /^(?:[^:]*::)?(?:git|hg|svn|bzr|fossil)(?:\+|:\/\/)/.test(source) &&
      !/#(?:commit|tag|revision)=/.test(source),
  );
}
