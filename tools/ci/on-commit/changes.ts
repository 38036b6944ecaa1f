import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { sameFile } from "../../workspace/commit.ts";
import { affectsBuild, namedFiles, type PackageFiles } from "../../workspace/build-files.ts";

/** What became of one package between two commits. */
export type PackageChange =
  | { readonly kind: "added" | "changed"; readonly paths: readonly string[] }
  | { readonly kind: "removed"; readonly paths: readonly string[] }
  /** Only files changed that no build reads. */
  | { readonly kind: "immaterial"; readonly paths: readonly string[] };

/**
 * Compares a package's files before and after (undefined: no package there), with the `.SRCINFO`s of both.
 */
export function comparePackage(
  before: PackageFiles | undefined,
  after: PackageFiles | undefined,
  srcinfos: readonly (Srcinfo | undefined)[],
): PackageChange | undefined {
  const paths = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])]
    .filter((path) => !sameFile(before?.get(path), after?.get(path)))
    .sort();
  if (paths.length === 0) return undefined;
  if (!after?.has("PKGBUILD")) {
    return before?.has("PKGBUILD") ? { kind: "removed", paths } : undefined;
  }
  if (!before?.has("PKGBUILD")) return { kind: "added", paths };
  const named = namedFiles(srcinfos);
  const material = paths.filter((path) => affectsBuild(path, named));
  return material.length > 0 ? { kind: "changed", paths: material } : { kind: "immaterial", paths };
}
