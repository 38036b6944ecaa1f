import { isPkgbase } from "../../alpm/names.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { isFullVersion } from "../../alpm/version.ts";

/** pkgbase → full version. */
export type Versions = ReadonlyMap<string, string>;

/**
 * Reads `.version-state`: lines of the form `pkgbase:version`, as chaotic-aur's pipelines write them. A version may
 * hold an epoch's colon; of several lines for one pkgbase the newest version counts; other lines are left out.
 */
export function parseVersions(lines: Iterable<string>): Versions {
  const versions = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const [pkgbase, version] = [line.slice(0, colon), line.slice(colon + 1)];
    if (colon > 0) addNewest(versions, pkgbase, version);
  }
  return versions;
}

/** The lines of `.version-state`, sorted by byte, as chaotic-aur's pipelines compare them with `comm`. */
export function versionLines(versions: Versions): readonly string[] {
  return [...versions].map(([pkgbase, version]) => `${pkgbase}:${version}`).sort();
}

/** Takes a version unless a newer one is there, or pkgbase or version aren't what makepkg would write. */
export function addNewest(versions: Map<string, string>, pkgbase: string, version: string): void {
  if (!isPkgbase(pkgbase) || !isFullVersion(version)) return;
  const known = versions.get(pkgbase);
  if (known === undefined || vercmp(version, known) > 0) versions.set(pkgbase, version);
}
