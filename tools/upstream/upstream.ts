import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { SluiceError } from "../errors.ts";
import type { RecipeFiles } from "../gate/update.ts";
import type { Git } from "../git/git.ts";
import type { Http } from "../http/http.ts";

/**
 * A place where recipes or versions come from. One implementation per kind of CI_PKGBUILD_SOURCE, in one file each.
 *
 * `look` asks about all packages of the kind at once, so that what can be asked together is, and answers for each of
 * them. It never rejects because of one package: whatever goes wrong with one is that package's sighting. Nothing of
 * an upstream is ever executed, and nothing is changed anywhere but in the scratch repository.
 */
export interface Upstream {
  look(packages: readonly Followed[]): Promise<ReadonlyMap<string, Sighting>>;
}

/** A package as main has it, and what was last seen of its upstream. */
export interface Followed {
  readonly pkgbase: string;
  /** CI_PKGBUILD_SOURCE: `aur`, a Git URL, `gitlab:ID`, `github:OWNER/REPO`. */
  readonly source: string;
  readonly srcinfo: Srcinfo | undefined;
  /** Main's recipe without `.CI`; read only where it's needed. */
  readonly recipe: () => Promise<RecipeFiles>;
  readonly seen: Seen;
}

/** What is remembered of an upstream, per package: what was last taken, or opened for review. */
export interface Seen {
  /** The AUR's LastModified, in seconds since 1970 (CI_PKGBUILD_TIMESTAMP). */
  readonly timestamp?: number | undefined;
  /** The recipe's commit upstream, or the version. */
  readonly revision?: string | undefined;
}

/** What a look at an upstream found for one package. */
export type Sighting =
  /** Nothing newer than what was seen. `seen` is to be remembered: it may be more exact than before. */
  | {
      readonly kind: "unchanged";
      readonly seen: Seen;
      /** The AUR's maintainers now; undefined where there are none to know. */
      readonly maintainers?: readonly string[] | undefined;
    }
  /** A recipe that wasn't seen yet; whether it differs from main's is for the caller to find out. */
  | { readonly kind: "recipe"; readonly recipe: UpstreamRecipe; readonly seen: Seen }
  /** Down, slow, stale or lagging: the package's state stays as it is, and the next run looks again. */
  | { readonly kind: "unavailable"; readonly error: SluiceError }
  /** Looking again won't help; a person has to do something. */
  | { readonly kind: "problem"; readonly error: SluiceError };

/** A recipe that upstream offers. Times are in milliseconds since 1970. */
export interface UpstreamRecipe {
  /** Upstream's whole tree: what doesn't belong in a recipe is for the gate to see. */
  readonly files: RecipeFiles;
  /** What upstream calls it: a commit id, or a version. */
  readonly revision: string;
  readonly committedAt: number | undefined;
  /** The AUR's maintainers, and when they were learnt; empty for an orphan. */
  readonly maintainers?: readonly string[] | undefined;
  readonly metadataTime?: number | undefined;
  readonly aur?: { readonly votes: number; readonly firstSubmitted: number } | undefined;
}

/** What the implementations work with, one run long. */
export interface UpstreamPorts {
  readonly http: Http;
  /** An empty bare repository of this run alone, to fetch recipes into; the caller deletes it. */
  readonly scratch: Git;
  /** Sent to https://api.github.com and nowhere else; undefined: asked without. */
  readonly githubToken: string | undefined;
  /** Sent to https://gitlab.com and nowhere else. */
  readonly gitlabToken: string | undefined;
  /** CI_AUR_PROXY; empty: none. */
  readonly aurProxy: string;
  /** CI_AUR_GIT: a mirror with one branch per package; empty: the AUR itself. */
  readonly aurGit: string;
  /** CI_LIB_DB */
  readonly libraryDatabases: readonly string[];
  readonly now: () => Date;
}
