import { isGenerated, marksOf, type Mark } from "./source-marks.ts";
import type { SourceFile, SourceTree } from "./source-tree.ts";

/** A file that isn't the same in two versions of a source. */
export interface FileChange {
  readonly path: string;
  readonly how: "new" | "gone" | "changed";
  readonly marks: readonly Mark[];
}

/** By path. */
export function changedFiles(before: SourceTree, after: SourceTree): FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, now] of after) {
    const was = before.get(path);
    if (was && isSame(was, now)) continue;
    changes.push({ path, how: was ? "changed" : "new", marks: marksOf(path, now) });
  }
  for (const [path, was] of before) {
    if (!after.has(path)) changes.push({ path, how: "gone", marks: marksOf(path, was) });
  }
  return changes.sort(byPath);
}

/** A file that a release archive has and its tag hasn't, or has with another content. */
export interface BeyondTag {
  readonly path: string;
  readonly how: "extra" | "other";
  /** The archive of the version before didn't have it so. */
  readonly isNew: boolean;
  /** A name that Autotools write into every release. */
  readonly isGenerated: boolean;
  readonly marks: readonly Mark[];
}

/**
 * What the archive of a release holds beyond the commit that the release is said to be of, by path. Line ends count as
 * a difference. What the tag has only as submodules isn't compared.
 *
 * @param before the archive of the version before; undefined where it can't be had
 */
export function beyondTag(archive: SourceTree, tag: SourceTree, before: SourceTree | undefined): BeyondTag[] {
  const submodules = [...tag].flatMap(([path, { kind }]) => (kind === "submodule" ? [`${path}/`] : []));
  const found: BeyondTag[] = [];
  for (const [path, file] of archive) {
    const tagged = tag.get(path);
    if (tagged && isSame(tagged, file)) continue;
    if (!tagged && submodules.some((folder) => path.startsWith(folder))) continue;
    const was = before?.get(path);
    found.push({
      path,
      how: tagged ? "other" : "extra",
      isNew: !was || !isSame(was, file),
      isGenerated: !tagged && isGenerated(path),
      marks: marksOf(path, file),
    });
  }
  return found.sort(byPath);
}

/**
 * Whether an archive is what a build made of the tag, such as programs for one machine, and not its source: it has hardly
 * any of the tag's paths. What they hold doesn't matter, or changing all of them would keep them from being compared.
 */
export function isBuiltFrom(archive: SourceTree, tag: SourceTree): boolean {
  const shared = [...tag.keys()].filter((path) => archive.has(path));
  return shared.length < tag.size * leastOfSource;
}

/** A source release has nearly all of its tag; a build has a license and a README. */
const leastOfSource = 0.1;

function isSame(a: SourceFile, b: SourceFile): boolean {
  return a.id === b.id && a.kind === b.kind;
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}
