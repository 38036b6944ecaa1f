import { sameFile } from "../../workspace/commit.ts";
import type { PackageFiles } from "../../workspace/build-files.ts";
import { buildConditions, buildInputs } from "../../workspace/identity.ts";
import type { Package } from "../../workspace/workspace.ts";

/** What became of one package between two commits. */
export type PackageChange =
  | { readonly kind: "added" | "changed"; readonly paths: readonly string[] }
  | { readonly kind: "removed"; readonly paths: readonly string[] }
  /** Only files and settings changed that can't change the package. */
  | { readonly kind: "immaterial"; readonly paths: readonly string[] };

/** A package in one commit. */
export interface PackageSide {
  /** Undefined where there are files and no package. */
  readonly pkg: Package | undefined;
  readonly files: PackageFiles;
}

/** Compares a package before and after (undefined: no such folder). */
export function comparePackage(
  before: PackageSide | undefined,
  after: PackageSide | undefined,
): PackageChange | undefined {
  const [was, is] = [before?.files, after?.files];
  const paths = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])]
    .filter((path) => !sameFile(was?.get(path), is?.get(path)))
    .sort();
  if (paths.length === 0) return undefined;
  if (!after?.pkg) return before?.pkg ? { kind: "removed", paths } : undefined;
  if (!before?.pkg) return { kind: "added", paths };
  const inputs = [before, after].map(({ pkg, files }) => buildInputs(pkg!, files));
  // What lilac.yaml said before, as a time limit, is no new condition.
  const isTakenOver = was!.has("lilac.yaml") && !was!.has(".CI/config");
  const isTriedAgain =
    !isTakenOver && buildConditions(before.pkg.config) !== buildConditions(after.pkg.config);
  const material = paths.filter(
    (path) => inputs[0]!.get(path) !== inputs[1]!.get(path) || (path === ".CI/config" && isTriedAgain),
  );
  return material.length > 0 ? { kind: "changed", paths: material } : { kind: "immaterial", paths };
}
