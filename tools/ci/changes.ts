import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { TreeEntry } from "../git/objects.ts";
import { sameFile } from "../workspace/commit.ts";

/** A package's files, by their paths within its folder. */
type PackageFiles = ReadonlyMap<string, TreeEntry>;

/** What became of one package between two commits. */
export type PackageChange =
  | { readonly kind: "added" | "changed"; readonly paths: readonly string[] }
  | { readonly kind: "removed"; readonly paths: readonly string[] }
  /** Only files changed that no build reads. */
  | { readonly kind: "immaterial"; readonly paths: readonly string[] };

/**
 * Compares a package's files before and after. `.CI/info`, `.gitignore` and Markdown at the top of the folder
 * matter only where the `.SRCINFO` (before or after) names them as a source, install or changelog file.
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
  const named = new Set(srcinfos.flatMap((srcinfo) => (srcinfo ? localFiles(srcinfo) : [])));
  const material = paths.filter((path) => !isImmaterial(path) || named.has(path));
  return material.length > 0 ? { kind: "changed", paths: material } : { kind: "immaterial", paths };
}

function isImmaterial(path: string): boolean {
  return path === ".CI/info" || path === ".gitignore" || /^[^/]+\.md$/i.test(path);
}

/** Files of the recipe itself that its `.SRCINFO` names, for any architecture. */
function localFiles({ base, packages }: Srcinfo): string[] {
  const files: string[] = [];
  for (const fields of [base, ...packages.map((pkg) => pkg.fields)]) {
    for (const [field, values] of fields) {
      if (field === "install" || field === "changelog") files.push(...values);
      if (/^source(?:_|$)/.test(field)) files.push(...values.map(localSource));
    }
  }
  return files;
}

/** A source may be renamed: `name::file`. */
function localSource(source: string): string {
  const separator = source.indexOf("::");
  return separator === -1 ? source : source.slice(separator + 2);
}
