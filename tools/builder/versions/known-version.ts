import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { formatVersion, parseVersion } from "../../alpm/version.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs } from "../../git/objects.ts";
import type { PackageFiles } from "../../workspace/build-files.ts";
import { bumpOf, type Bump } from "../../workspace/bump.ts";
import type { Package } from "../../workspace/workspace.ts";

/** Files that may say another version than the `.SRCINFO`. */
export const versionFiles = [
  "PKGBUILD",
  ".CI/prepare",
  ".CI/interfere.patch",
  ".CI/PKGBUILD.prepend",
  ".CI/PKGBUILD.append",
] as const;

/**
 * The full version that a build of this recipe makes, bump included, as far as that is certain before it: undefined
 * where there is no `.SRCINFO`, or where pkgver() or an interfere file may set another one.
 *
 * @param textOf a file of `versionFiles`, or undefined where there is none
 */
export function knownVersion(
  { srcinfo, config }: Package,
  textOf: (path: (typeof versionFiles)[number]) => string | undefined,
): string | undefined {
  const version = srcinfo && srcinfoVersion(srcinfo);
  if (version === undefined) return undefined;
  const isOpen =
    hasPkgver(textOf("PKGBUILD") ?? "") ||
    /\b(?:pkgver|pkgrel|epoch)\b/.test(textOf(".CI/prepare") ?? "") ||
    /^[+-].*\b(?:pkgver|pkgrel|epoch)\b/m.test(textOf(".CI/interfere.patch") ?? "") ||
    [textOf(".CI/PKGBUILD.prepend"), textOf(".CI/PKGBUILD.append")].some(
      (text = "") => hasPkgver(text) || /\b(?:pkgver|pkgrel|epoch)\b["']?\+?=/.test(text),
    );
  return isOpen ? undefined : bumped(version, bumpOf(config));
}

/** The same of a package in a commit. */
export async function readKnownVersion(
  git: Git,
  pkg: Package,
  files: PackageFiles,
): Promise<string | undefined> {
  const entries = versionFiles.flatMap((path) => {
    const entry = files.get(path);
    return entry?.size === undefined ? [] : [[path, entry.id] as const];
  });
  const blobs = await readBlobs(
    git,
    entries.map(([, id]) => id),
  );
  const texts = new Map(entries.map(([path, id]) => [path, blobs.get(id)!.toString()]));
  return knownVersion(pkg, (path) => texts.get(path));
}

/** Whether a PKGBUILD's text defines pkgver(), which may change the version. */
export function hasPkgver(text: string): boolean {
  return /^[ \t]*(?:function[ \t]+)?pkgver[ \t]*(?:\(|\{|$)/m.test(text);
}

/** As the lines do it that are added to the PKGBUILD. */
export function bumped(text: string, bump: Bump | undefined): string {
  const applies = bump && (bump.version === undefined || vercmp(bump.version, text) === 0);
  return canonical(applies ? `${text}.${bump.count}` : text);
}

/** `0:1.2-3` → `1.2-3`, as makepkg writes it. */
export function canonical(text: string): string {
  return formatVersion(parseVersion(text.trim()));
}

/** How a package that changed gets a version of its own. */
export function howToRelease({ pkgbase, config }: Pick<Package, "pkgbase" | "config">): string {
  const byHand = "raise pkgrel in PKGBUILD and .SRCINFO";
  return config.CI_MANAGE_AUR ? byHand : `${byHand}, or run: sluice bump ${pkgbase}`;
}
