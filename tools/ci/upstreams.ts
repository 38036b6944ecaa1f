import type { TagsOf } from "../gate/tag-answers.ts";
import type { RecipeFiles } from "../gate/update.ts";
import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { Followed, Sighting } from "../upstream/upstream.ts";
import type { SluiceError } from "../errors.ts";

/** All that a run asks the world outside of the workspace and its forge. */
export interface Upstreams {
  /** Looks at the recipes' upstreams; exactly one sighting for each package. */
  recipes(packages: readonly FollowedPackage[]): Promise<ReadonlyMap<string, Sighting>>;
  /** The newest commits of VCS sources. */
  commits(packages: readonly VcsPackage[]): Promise<ReadonlyMap<string, VcsSighting>>;
  /** Runs a package's `.CI/update.sh` on a copy of its recipe. Throws SluiceError where it fails. */
  runUpdateScript(
    pkgbase: string,
    recipe: RecipeFiles,
    script: Uint8Array,
  ): Promise<{ readonly files: RecipeFiles; readonly changed: boolean }>;
  readonly tagsOf: TagsOf;
}

export interface FollowedPackage extends Followed {
  /** CI_NVCHECKER: versions are found by the package's nvchecker file, whatever its source is. */
  readonly byNvchecker: boolean;
}

export interface VcsPackage {
  readonly pkgbase: string;
  readonly srcinfo: Srcinfo | undefined;
}

export type VcsSighting =
  | { readonly kind: "commit"; readonly commit: string; readonly url: string }
  /** Nothing of it is to be followed. */
  | { readonly kind: "pinned" }
  | { readonly kind: "unavailable" | "problem"; readonly error: SluiceError };
