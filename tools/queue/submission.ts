export interface BuildKey {
  /** The package repository to publish to. */
  readonly target: string;
  readonly arch: string;
  readonly pkgbase: string;
}

/** Fits a schedule file as it is. */
export interface Submission {
  readonly commit: string;
  readonly arch: string;
  readonly target: string;
  /** The workspace's name. */
  readonly source: string;
  /** Where the schedule was made; takes the commit status. */
  readonly pipeline?: Pipeline;
  readonly onDependencyFailure?: OnDependencyFailure;
  /** The requests of the branch `state` that it carries out, all with numbers `after` < n ≤ `upTo`. */
  readonly requests?: { readonly after: number; readonly upTo: number };
  /** Packages that are built for another architecture than the submission's, because they are made for any: needs of
   * that name are meant there. */
  readonly elsewhere?: { readonly arch: string; readonly pkgbases: readonly string[] };
  readonly builds: readonly SubmittedBuild[];
  readonly removals: readonly SubmittedRemoval[];
}

export interface Pipeline {
  readonly commit: string;
  readonly id: string | null;
  readonly url: string | null;
}

/** A pipeline as a build remembers it. */
export interface AskingPipeline extends Pipeline {
  /** How many builds its commit had asked for when this one was taken in, those taken in with it included. */
  readonly builds: number;
}

/**
 * What happens to a build when something that it needs failed. `block`: it waits for a success. `build`: it
 * is built nevertheless. `auto`, the default: blocked, until the manager finds that the published
 * repository satisfies the dependency and calls `release` (blocked builds are in the state and in the events).
 */
export type OnDependencyFailure = "auto" | "block" | "build";

export interface SubmittedBuild {
  readonly pkgbase: string;
  /** Which builders may take it; null: any. */
  readonly class: string | null;
  readonly pkgnames: readonly string[];
  /** Every pkgbase that must be neither queued nor active when this build starts. */
  readonly needs: readonly string[];
  readonly reason: string;
  /** Upstream commits that it is to be made from, where what is published may be enough. */
  readonly upstream?: readonly string[] | undefined;
  /** Build it although this very recipe is published; holds until the build has ended. */
  readonly again?: boolean;
}

export interface SubmittedRemoval {
  readonly pkgbase: string;
  readonly pkgnames: readonly string[];
  readonly reason: string;
}

/** What became of one submitted build. `build` is its id. */
export interface Submitted {
  readonly kind: "queued" | "merged" | "after-active";
  readonly pkgbase: string;
  readonly build: number;
}
