import { baseValue, type Srcinfo, type SrcinfoFields } from "../../alpm/srcinfo.ts";
import type { Derived } from "./derived.ts";

/**
 * Fields in which a `.SRCINFO` doesn't say what was derived of the PKGBUILD, for one architecture. What only running it
 * would tell isn't compared, and where pkgver() exists `.SRCINFO` may be ahead.
 */
export function staleFields(derived: Derived, srcinfo: Srcinfo): string[] {
  const { pkgbase, base, packages, movesVersion } = derived;
  if (pkgbase === "") return [];
  const moved = movesVersion ? movedVersion(new Map(base), srcinfo) : undefined;
  const stale = pkgbase === srcinfo.pkgbase ? [] : ["pkgbase"];
  stale.push(...differing(new Map(base), srcinfo.base, unknownIn(derived), moved));
  if (!packages) return stale;
  const names = srcinfo.packages.map(({ pkgname }) => pkgname);
  if (!isSameList(packages.map(([pkgname]) => pkgname).sort(), names.sort())) stale.push("pkgname");
  const expected = new Map(packages);
  for (const { pkgname, fields } of srcinfo.packages) {
    const wanted = expected.get(pkgname);
    if (!wanted) continue;
    const found = differing(new Map(wanted), fields, unknownIn(derived, pkgname), moved);
    stale.push(...found.map((field) => `${field} of ${pkgname}`));
  }
  return stale;
}

type Moved = readonly [from: string, to: string];

function movedVersion(base: SrcinfoFields, srcinfo: Srcinfo): Moved | undefined {
  const [[from] = [], to] = [base.get("pkgver"), baseValue(srcinfo, "pkgver")];
  return from === undefined || to === undefined ? undefined : [from, to];
}

function unknownIn({ unknown }: Derived, pkgname?: string): ReadonlySet<string> {
  return new Set(unknown.filter((field) => field.pkgname === pkgname).map(({ field }) => field));
}

function differing(
  expected: SrcinfoFields,
  actual: SrcinfoFields,
  unknown: ReadonlySet<string>,
  moved: Moved | undefined,
): string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].filter((field) => {
    const wanted = expected.get(field) ?? [];
    const is = (actual.get(field) ?? []).map((text) => text.replaceAll(/[ \t]+/g, " "));
    if (unknown.has(field) || isSameList(wanted, is)) return false;
    return (
      !moved ||
      !isSameList(
        wanted.map((text) => text.replaceAll(...moved)),
        is,
      )
    );
  });
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}
