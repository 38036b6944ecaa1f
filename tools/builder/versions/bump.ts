import type { Bump } from "../../workspace/bump.ts";

/**
 * Lines for the end of a PKGBUILD that add `.N` to its pkgrel. makepkg reads the file again once pkgver() has run,
 * so the version that they compare is the final one. The bump's text is quoted, so it is never more than text.
 *
 * The assignment is indented: when pkgver() has changed the version, makepkg writes pkgrel=1 over every line
 * that begins with `pkgrel=` (update_pkgver).
 */
export function bumpLines({ version, count }: Bump): string {
  const current = '"${epoch:-0}:${pkgver}-${pkgrel}"';
  const applies = version === undefined ? "true" : `[[ "$(vercmp ${quote(version)} ${current})" == 0 ]]`;
  return `\nif ${applies}; then\n  pkgrel="\${pkgrel}.${count}"\nfi\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
