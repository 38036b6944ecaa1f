import { defaultArch } from "../../alpm/names.ts";
import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { derive } from "./derived.ts";
import { staleFields } from "./stale-srcinfo.ts";

/**
 * Fields in which a `.SRCINFO` doesn't say what makepkg would write for the PKGBUILD: `pkgver`, `depends of
 * foo-docs`; by the architecture that fits best.
 */
export function staleIn(pkgbuild: string, srcinfo: Srcinfo): readonly string[] {
  // makepkg ran on some machine: what it wrote has to fit one of the architectures.
  const architectures = new Set([defaultArch, ...(srcinfo.base.get("arch") ?? [])]);
  const candidates = pkgbuild.includes("CARCH") ? [...architectures] : [defaultArch];
  return candidates
    .map((carch) => staleFields(derive(pkgbuild, carch), srcinfo))
    .reduce((fewest, found) => (found.length < fewest.length ? found : fewest));
}
