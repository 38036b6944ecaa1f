import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { formatVersion, isFullVersion } from "../../alpm/version.ts";
import { bumpOf } from "../../workspace/bump.ts";
import type { Package } from "../../workspace/workspace.ts";

/**
 * The CI_PACKAGE_BUMP that rebuilds a package: one above what its version was bumped already, be it published or
 * only asked for.
 *
 * The version is the published one, or the recipe's where that is newer: a bump of the old version would change
 * nothing about the new one. A recipe that sets its version itself doesn't know it before the build: where nothing is
 * published, every version is bumped.
 */
export function nextBump(
  { pkgbase, srcinfo, config }: Package,
  published: string | undefined,
  { taken = [], setsVersion = false }: Known = {},
): { readonly bump: string } | { readonly skipped: string } {
  if (config.CI_MANAGE_AUR) return { skipped: "a package of CI_MANAGE_AUR=true takes no bump" };
  const recipe = srcinfo && recipeVersion(srcinfo);
  const isOpen = setsVersion || config.CI_FORCE_VCS || /-(?:git|svn|hg|bzr|fossil|cvs|darcs)$/.test(pkgbase);
  const last = published === undefined ? undefined : withoutBump(published, recipe);
  const isAhead = recipe !== undefined && (!last || (!isOpen && vercmp(recipe, last.version) > 0));
  const current = isAhead ? { version: recipe, count: 0 } : last;
  if (!current) return { skipped: "its version is neither published nor in a .SRCINFO" };

  const asked = bumpOf(config);
  if (!last && isOpen) {
    const count = asked && asked.version === undefined ? Number(asked.count) + 1 : 1;
    return count > largestCount
      ? { skipped: `it can't be bumped beyond ${largestCount}` }
      : { bump: `${count}` };
  }
  const isForThis = asked && (asked.version === undefined || vercmp(asked.version, current.version) === 0);
  const counts = taken
    .map((version) => withoutBump(version, recipe))
    .filter(({ version }) => vercmp(version, current.version) === 0)
    .map((found) => found.count);
  const count = Math.max(current.count, isForThis ? Number(asked.count) : 0, ...counts) + 1;
  if (count > largestCount) return { skipped: `${current.version} can't be bumped beyond ${largestCount}` };
  return { bump: `${current.version}/${count}` };
}

interface Known {
  /** Further versions whose names are taken: published elsewhere, or published once and still kept. */
  readonly taken?: readonly string[];
  /** Whether pkgver() or an interfere file may set another version than `.SRCINFO` says. */
  readonly setsVersion?: boolean;
}

/** What CI_PACKAGE_BUMP takes. */
const largestCount = 999_999;

/** As the .SRCINFO says it: the version that a bump is compared with, unless pkgver() changes it. */
function recipeVersion({ base }: Srcinfo): string | undefined {
  const [pkgver, pkgrel] = [base.get("pkgver")?.[0], base.get("pkgrel")?.[0]];
  if (pkgver === undefined || pkgrel === undefined) return undefined;
  const version = formatVersion({ epoch: base.get("epoch")?.[0] ?? "0", pkgver, pkgrel });
  return isFullVersion(version) ? version : undefined;
}

/** Takes the bump off a published version; a pkgrel with a point may also be the recipe's own. */
function withoutBump(published: string, recipe: string | undefined): { version: string; count: number } {
  const rest =
    recipe !== undefined && published.startsWith(recipe) ? published.slice(recipe.length) : undefined;
  if (recipe !== undefined && rest !== undefined && /^(?:\.\d+)?$/.test(rest)) {
    return { version: recipe, count: Number(rest.slice(1)) };
  }
  const [, version = published, count = "0"] = /^(.+-\d+)\.(\d+)$/.exec(published) ?? [];
  return { version, count: Number(count) };
}
