import { buildClassOf } from "../../workspace/build-class.ts";
import { SluiceError } from "../../errors.ts";
import type { MadeFromRecord } from "../../pkgrepo/snapshot.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { ScheduledRemoval } from "../../schedule/schedule.ts";
import { sameRecipe, type RecipeIdentity } from "../../workspace/identity.ts";
import type { Revision } from "./revision.ts";

export interface Difference {
  readonly builds: readonly WantedBuild[];
  readonly removals: readonly ScheduledRemoval[];
}

/**
 * Desired state against actual state: what main says and the package repository wasn't made from is to be
 * built, what main no longer has is to be removed. Packages with a trigger of their own wait for it.
 *
 * @throws SluiceError `nothing-left` where everything published would have to go: then what was read is wrong
 */
export function difference(revision: Revision, published: ReadonlyMap<string, MadeFromRecord>): Difference {
  const { packages, config } = revision.workspace;
  if (revision.whole.packages.size === 0 && published.size > 0) throw nothingLeft(revision, published.size);
  const builds = [...packages.values()].flatMap((pkg) => {
    if (!revision.isBuiltHere(pkg.pkgbase)) return [];
    const identity = revision.identity(pkg.pkgbase)!;
    const reason = whyBuild(identity, published.get(pkg.pkgbase));
    if (reason === undefined || pkg.config.CI_ON_TRIGGER !== "") return [];
    return [{ pkgbase: pkg.pkgbase, class: buildClassOf(pkg, config), reason }];
  });
  const removals = [...published].flatMap(([pkgbase, { pkgnames }]) =>
    packages.has(pkgbase) ? [] : [{ pkgbase, pkgnames: [...pkgnames], reason: whyGone(revision, pkgbase) }],
  );
  return { builds, removals };
}

/** Why this architecture's repository is not to have a package. */
export function whyGone({ whole, arch }: Revision, pkgbase: string): string {
  return whole.packages.has(pkgbase) ? `it isn't for ${arch} any more` : "it is no longer in the workspace";
}

/** Why what is published isn't what a recipe asks for; undefined: it is. */
export function whyBuild(identity: RecipeIdentity, record: MadeFromRecord | undefined): string | undefined {
  if (!record) return "it isn't published yet";
  if (sameRecipe(record, identity)) return undefined;
  if (record.bump !== identity.bump && identity.bump !== null) return `CI_PACKAGE_BUMP is ${identity.bump}`;
  return `the recipe changed since commit ${record.commit.slice(0, 10)}, which is published`;
}

function nothingLeft({ commit }: Revision, published: number): SluiceError {
  return new SluiceError(
    "nothing-left",
    `commit ${commit.slice(0, 10)} has no packages at all, while ${published} are published`,
    {
      hint: "Nothing was removed. Check CI_PACKAGES_DIR and the commit; to empty the repository, remove its folder.",
      exitCode: 1,
    },
  );
}
