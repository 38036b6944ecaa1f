import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { TreeEntry } from "../git/objects.ts";

/** A package's files, by their paths within its folder. */
export type PackageFiles = ReadonlyMap<string, TreeEntry>;

/**
 * Whether a build reads a file: `.CI/info`, `.gitignore` and Markdown at the top of the folder matter only where
 * the `.SRCINFO` names them as a source, install or changelog file.
 */
export function affectsBuild(path: string, named: ReadonlySet<string>): boolean {
  const note = path === ".CI/info" || path === ".gitignore" || /^[^/]+\.md$/i.test(path);
  return !note || named.has(path);
}

const updateFiles = new Set([
  ".CI/update.sh",
  ".CI/rebuild-on.toml",
  "nvchecker.toml",
  ".nvchecker.toml",
  // Of a repository that lilac built.
  "lilac.yaml",
  "lilac.py",
]);

/** The same without what only says where updates come from. */
export function affectsPackage(path: string, named: ReadonlySet<string>): boolean {
  const ofUpdates = updateFiles.has(path);
  return affectsBuild(path, named) && (!ofUpdates || named.has(path));
}

/** Files of the recipe itself that its `.SRCINFO` names, for any architecture. */
export function namedFiles(srcinfos: readonly (Srcinfo | undefined)[]): ReadonlySet<string> {
  const files = new Set<string>();
  for (const srcinfo of srcinfos) {
    if (!srcinfo) continue;
    for (const fields of [srcinfo.base, ...srcinfo.packages.map((pkg) => pkg.fields)]) {
      for (const [field, values] of fields) {
        if (field === "install" || field === "changelog") for (const value of values) files.add(value);
        if (/^source(?:_|$)/.test(field)) for (const value of values) files.add(localSource(value));
      }
    }
  }
  return files;
}

/** A source may be renamed: `name::file`. */
function localSource(source: string): string {
  const separator = source.indexOf("::");
  return separator === -1 ? source : source.slice(separator + 2);
}
