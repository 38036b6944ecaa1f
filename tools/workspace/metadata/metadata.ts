import { missingParts, type Srcinfo, type SrcinfoFields } from "../../alpm/srcinfo.ts";
import { staleFields } from "./stale-srcinfo.ts";
import type { Derived } from "./derived.ts";

/** What is known of a package, or why nothing is. */
export type Metadata =
  | { readonly srcinfo: Srcinfo }
  /** For a person, of the PKGBUILD. */
  | { readonly srcinfo: undefined; readonly why: string; readonly line?: number };

/** Whether nothing but the PKGBUILD has to be looked at. */
export function isEnough({ whole, movesVersion }: Derived): boolean {
  return whole && !movesVersion;
}

/**
 * What the PKGBUILD says. Where its text doesn't tell, the committed `.SRCINFO` counts, field by field; where
 * pkgver() exists and nothing else differs, its version.
 */
export function metadataOf(derived: Derived, committed: Srcinfo | undefined): Metadata {
  const { pkgbase, unknown, whole, movesVersion } = derived;
  const srcinfo = asSrcinfo(derived);
  if (!committed) return whole ? { srcinfo } : { srcinfo: undefined, ...whyNot(derived) };
  // It isn't understood at all, or isn't one that makepkg would take.
  if (pkgbase === "" || (unknown.length === 0 && !whole)) return { srcinfo: committed };
  if (movesVersion && staleFields(derived, committed).length === 0) return { srcinfo: committed };
  return { srcinfo: whole ? srcinfo : completed(derived, srcinfo, committed) };
}

function whyNot(derived: Derived): { why: string; line?: number } {
  const [first] = derived.unknown;
  if (!first) return { why: missingParts(asSrcinfo(derived)).join(", ") };
  const { field, reason, line } = first;
  const why = field === "PKGBUILD" ? reason : `what it says in ${field} isn't known: ${reason}`;
  return { why, line };
}

function completed(
  { packages, unknown }: Derived,
  { pkgbase, base, packages: own }: Srcinfo,
  committed: Srcinfo,
): Srcinfo {
  const fill = (
    pkgname: string | undefined,
    fields: SrcinfoFields,
    others: SrcinfoFields | undefined,
  ): SrcinfoFields => {
    const filled = new Map(fields);
    for (const missing of unknown) {
      const values = missing.pkgname === pkgname ? others?.get(missing.field) : undefined;
      if (values) filled.set(missing.field, values);
    }
    return filled;
  };
  return {
    pkgbase,
    base: fill(undefined, base, committed.base),
    packages: packages
      ? own.map(({ pkgname, fields }) => {
          const other = committed.packages.find((pkg) => pkg.pkgname === pkgname);
          return { pkgname, fields: fill(pkgname, fields, other?.fields) };
        })
      : committed.packages,
  };
}

export function asSrcinfo({
  pkgbase,
  base,
  packages,
}: Pick<Derived, "pkgbase" | "base" | "packages">): Srcinfo {
  return {
    pkgbase,
    base: new Map(base),
    packages: (packages ?? []).map(([pkgname, fields]) => ({ pkgname, fields: new Map(fields) })),
  };
}
