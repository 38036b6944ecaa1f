import type { Srcinfo } from "../alpm/srcinfo.ts";
import { SluiceError } from "../errors.ts";
import { nearestName } from "../nearest-name.ts";

/** Packages by pkgbase, with what tells their pkgnames. */
export type NamedPackages = ReadonlyMap<
  string,
  { readonly srcinfo: Srcinfo | undefined } | { readonly pkgnames: readonly string[] }
>;

/** The packages that are meant, each once; `all` means every one. Throws SluiceError `unknown-package`. */
export function meantPackages(names: readonly string[], packages: NamedPackages, hint?: string): string[] {
  const named = existingPackages(
    names.filter((name) => name !== "all" || packages.has("all")),
    packages,
    hint,
  );
  return names.includes("all") ? [...packages.keys()] : named;
}

/**
 * The packages of these names, each once: a pkgbase, or a pkgname that one package makes.
 *
 * @throws SluiceError `unknown-package` listing every wrong name, each with the nearest that exists
 */
export function existingPackages(
  names: readonly string[],
  packages: NamedPackages,
  hint = "Nothing was done. Names are those of the folders, or of what they make; `sluice deptree` lists all packages.",
): string[] {
  const wrong = new Set(names.filter((name) => findPackage(name, packages) === undefined));
  if (wrong.size === 0) return [...new Set(names.map((name) => findPackage(name, packages)!))];
  const listed = [...wrong].map((name) => `${JSON.stringify(name)}${nearestPackage(name, packages)}`);
  throw new SluiceError("unknown-package", `there is no package ${listed.join(", ")}`, {
    hint,
    facts: { names: [...wrong] },
  });
}

/** The pkgbase that a name stands for: its own, else that of the one package that makes a pkgname. */
export function findPackage(name: string, packages: NamedPackages): string | undefined {
  if (packages.has(name)) return name;
  const makers = [...packages].filter(([, pkg]) => pkgnamesOf(pkg).includes(name));
  return makers.length === 1 ? makers[0]![0] : undefined;
}

/** ` (did you mean foo?)`, of all pkgbases and pkgnames; nothing where none is near. */
export function nearestPackage(name: string, packages: NamedPackages): string {
  const nearest = nearestName(
    name,
    [...packages].flatMap(([pkgbase, pkg]) => [pkgbase, ...pkgnamesOf(pkg)]),
  );
  return nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
}

function pkgnamesOf(
  pkg: { readonly srcinfo: Srcinfo | undefined } | { readonly pkgnames: readonly string[] },
): readonly string[] {
  return "pkgnames" in pkg ? pkg.pkgnames : (pkg.srcinfo?.packages.map(({ pkgname }) => pkgname) ?? []);
}
