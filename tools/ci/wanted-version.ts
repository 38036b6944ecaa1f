import { vercmp } from "../alpm/vercmp.ts";
import { bumpOf } from "../workspace/bump.ts";
import type { Package } from "../workspace/workspace.ts";

/**
 * The version that main asks for: the recipe's, or, where it is that which CI_PACKAGE_BUMP is for, the bumped one; pkgver() may be
 * ahead of both.
 */
export function wantedVersion(
  recipe: string,
  published: string,
  config: Pick<Package["config"], "CI_PACKAGE_BUMP" | "CI_MANAGE_AUR">,
): string {
  const bump = bumpOf(config);
  if (!bump) return recipe;
  const bumped = `${bump.version ?? recipe}.${bump.count}`;
  const isForThis =
    bump.version === undefined ||
    [recipe, published].some((version) => isSameButBump(version, bump.version!));
  return isForThis && vercmp(bumped, recipe) > 0 ? bumped : recipe;
}

function isSameButBump(version: string, base: string): boolean {
  return vercmp(version, base) === 0 || vercmp(version.replace(/\.\d+$/, ""), base) === 0;
}
