import type { PackageSettings } from "./settings.ts";

/** CI_PACKAGE_BUMP as it takes effect: without a version always, else while the recipe has that very one. */
export interface Bump {
  readonly version: string | undefined;
  readonly count: string;
}

/** `N`, `VERSION/N`, or `VERSION`, which means `VERSION/1`. Without effect where the AUR is fed from here. */
export function bumpOf({
  CI_PACKAGE_BUMP: text,
  CI_MANAGE_AUR,
}: Pick<PackageSettings, "CI_PACKAGE_BUMP" | "CI_MANAGE_AUR">): Bump | undefined {
  if (text === "" || CI_MANAGE_AUR) return undefined;
  if (/^\d+$/.test(text)) return { version: undefined, count: text };
  const slash = text.lastIndexOf("/");
  return slash === -1
    ? { version: text, count: "1" }
    : { version: text.slice(0, slash), count: text.slice(slash + 1) };
}

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
