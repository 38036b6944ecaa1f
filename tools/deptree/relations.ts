import { effectiveValues, type Srcinfo } from "../alpm/srcinfo.ts";

/** What the dependency tree needs to know of one package folder. */
export interface PackageRelations {
  readonly pkgbase: string;
  readonly pkgnames: readonly string[];
  /** As written, versions included: `foo=1.2`. */
  readonly provides: readonly string[];
  readonly dependencies: readonly Dependency[];
}

export interface Dependency {
  /** The field of `.SRCINFO`, with its architecture suffix where it has one. */
  readonly field: string;
  /** As written: `foo>=1:2.0`. */
  readonly text: string;
}

/**
 * Dependencies count from every section, common or of the architecture; provides are those that a package
 * ends up with, inherited or its own. Without a `.SRCINFO` a folder is known to make its own name only.
 */
export function relationsOf(pkgbase: string, srcinfo: Srcinfo | undefined, arch: string): PackageRelations {
  if (!srcinfo || srcinfo.packages.length === 0) {
    return { pkgbase, pkgnames: [pkgbase], provides: [], dependencies: [] };
  }
  const provides = new Set<string>();
  for (const pkg of srcinfo.packages) {
    for (const text of effectiveValues(srcinfo, pkg, "provides")) provides.add(text);
    for (const text of effectiveValues(srcinfo, pkg, `provides_${arch}`)) provides.add(text);
  }
  const dependencies: Dependency[] = [];
  for (const kind of ["depends", "makedepends", "checkdepends"]) {
    for (const field of [kind, `${kind}_${arch}`]) {
      for (const text of fromAllSections(srcinfo, field)) dependencies.push({ field, text });
    }
  }
  return {
    pkgbase,
    pkgnames: srcinfo.packages.map((pkg) => pkg.pkgname),
    provides: [...provides],
    dependencies,
  };
}

function fromAllSections({ base, packages }: Srcinfo, field: string): Iterable<string> {
  let values = base.get(field) ?? [];
  for (const { fields } of packages) {
    const own = fields.get(field);
    if (own) values = [...values, ...own];
  }
  return values.length > 1 ? new Set(values) : values;
}
