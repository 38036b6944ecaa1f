import type { Srcinfo, SrcinfoFields } from "../alpm/srcinfo.ts";

/** What the dependency tree needs to know of one package folder. */
export interface PackageRelations {
  readonly pkgbase: string;
  readonly pkgnames: readonly string[];
  /** As written, versions included: `foo=1.2`. */
  readonly provides: readonly string[];
  readonly dependencies: readonly Dependencies[];
}

export interface Dependencies {
  /** The field of `.SRCINFO`, with its architecture suffix where it has one. */
  readonly field: string;
  /** As written: `foo>=1:2.0`; each once. */
  readonly texts: readonly string[];
}

/** Which fields of `.SRCINFO` count for one architecture. */
export interface RelationFields {
  readonly provides: readonly string[];
  readonly dependencies: readonly string[];
}

export function relationFields(arch: string): RelationFields {
  const forArch = (field: string): string[] => [field, `${field}_${arch}`];
  return {
    provides: forArch("provides"),
    dependencies: ["depends", "makedepends", "checkdepends"].flatMap(forArch),
  };
}

/**
 * Dependencies count from every section, common or of the architecture; provides are those that a package
 * ends up with, inherited or its own. Without a `.SRCINFO` a folder is known to make its own name only.
 */
export function relationsOf(
  pkgbase: string,
  srcinfo: Srcinfo | undefined,
  fields: RelationFields,
): PackageRelations {
  if (!srcinfo || srcinfo.packages.length === 0) {
    return { pkgbase, pkgnames: [pkgbase], provides: [], dependencies: [] };
  }
  const own = srcinfo.packages.map((pkg) => pkg.fields);
  const all = [srcinfo.base, ...own];
  let provides: readonly string[] = [];
  for (const field of fields.provides) {
    const isInherited = own.some((section) => !section.has(field));
    provides = provides.concat(valuesOf(field, isInherited ? all : own));
  }
  const dependencies: Dependencies[] = [];
  for (const field of fields.dependencies) {
    const texts = valuesOf(field, all);
    if (texts.length > 0) dependencies.push({ field, texts });
  }
  return { pkgbase, pkgnames: srcinfo.packages.map((pkg) => pkg.pkgname), provides, dependencies };
}

/** What any of the sections says of a field, each value once. */
function valuesOf(field: string, sections: readonly SrcinfoFields[]): readonly string[] {
  const lists: (readonly string[])[] = [];
  for (const section of sections) {
    const values = section.get(field);
    if (values && values.length > 0) lists.push(values);
  }
  const values = lists.length === 1 ? lists[0]! : lists.flat();
  return values.length > 1 ? [...new Set(values)] : values;
}
