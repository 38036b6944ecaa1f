import type { TagsOf } from "../gate/tag-answers.ts";
import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { DatabaseSighting } from "../upstream/distribution.ts";
import type { UpdatedRecipe, UpdateScript } from "../upstream/update-script.ts";
import type { CommitFollower, CommitSighting } from "../upstream/vcs.ts";
import type { Followed, Sighting } from "../upstream/upstream.ts";
import type { SluiceError } from "../errors.ts";

/** All that a run asks the world outside of the workspace and its forge. */
export interface Upstreams {
  /** Looks at the recipes' upstreams; exactly one sighting for each package. */
  recipes(packages: readonly FollowedPackage[]): Promise<ReadonlyMap<string, Sighting>>;
  /** The newest commits of VCS sources. */
  commits(packages: readonly VcsPackage[]): Promise<ReadonlyMap<string, CommitSighting>>;
  /** Runs a package's `.CI/update.sh` on a copy of its recipe. Throws SluiceError where it fails. */
  runUpdateScript(script: UpdateScript): Promise<UpdatedRecipe>;
  readonly tagsOf: TagsOf;
  /** The databases of CI_LIB_DB, given what they were last time. */
  libraries(urls: readonly string[], known: readonly unknown[]): Promise<readonly DatabaseSighting[]>;
  /** The ETag of the AUR's metadata as `recipes` learnt it; undefined where it has none. */
  aurEtag(): string | undefined;
}

export interface FollowedPackage extends Followed {
  /** CI_NVCHECKER: versions are found by the package's nvchecker file, whatever its source is. */
  readonly byNvchecker: boolean;
}

export interface VcsPackage extends CommitFollower {
  /** CI_VCS_SOURCES */
  readonly sources: "first" | "all";
}
