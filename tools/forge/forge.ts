/**
 * What Sluice needs of the place where people review updates. Implementations: GitHub, GitLab, and the branches
 * alone where there is neither.
 *
 * Every method may throw a SluiceError:
 * - `forge-unavailable` (exit 1): the forge is down, slow, or asks to come back later. Nothing is wrong with the
 *   request: hold reviews back and go on with everything else. The fact `retryAfter` holds seconds, where known.
 * - `forge-token` (exit 2): there is no token, or the forge doesn't know it.
 * - `forge-permission` (exit 2): the token may not do this; the hint says what to grant.
 * - `forge-refused` (exit 1): the forge understood and said no to this one request.
 *
 * Reading is tried again a few times when the network or the server fails, writing only when it certainly did not
 * arrive. No error, and nothing in one, holds the token.
 */
export interface Forge {
  readonly kind: ForgeKind | "branches";

  /** Throws if the token can't do what reviews take, as far as the forge tells without trying. */
  checkAccess(): Promise<void>;

  /** All open reviews into the target branch from this repository's own branches `update-*`, oldest first. */
  openReviews(): Promise<readonly Review[]>;

  /** Every review there has been from a branch of this repository into the target branch, newest first. */
  reviewsFrom(branch: string): Promise<readonly Review[]>;

  /**
   * Opens a review from a branch that has been pushed. Where one is open already, that one is returned instead.
   * Labels and an assignee that the forge refuses don't keep a review from being opened.
   */
  openReview(review: NewReview): Promise<Review>;

  /** Adds labels and an assignee to a review, as `openReview` does. */
  markReview(number: number, marks: ReviewMarks): Promise<void>;

  /** Gives a review another description, Markdown. */
  editReview(number: number, body: string): Promise<void>;

  /** Closes a review without merging it; one that is closed already stays so. */
  closeReview(number: number): Promise<void>;

  /** Adds a comment, Markdown. */
  comment(number: number, body: string): Promise<void>;

  /** What was said on a review, oldest first, without what the forge notes by itself. */
  comments(number: number): Promise<readonly ReviewComment[]>;

  /** The commits that a branch has and the target branch has not, oldest first. */
  commitsAhead(branch: string): Promise<readonly BranchCommit[]>;

  /** Sets the status of a commit; a later one of the same name replaces it. */
  setStatus(commit: string, status: CommitStatus): Promise<void>;
}

export type ForgeKind = "github" | "gitlab";

export interface ForgeOptions {
  /** Where the forge's REST API is: GITHUB_API_URL, CI_API_V4_URL. */
  readonly apiUrl: string;
  /** `owner/name`; on GitLab also `group/subgroup/name`. */
  readonly project: string;
  readonly token: string | undefined;
  /** The branch that reviews go to. */
  readonly targetBranch: string;
}

/** A pull request or merge request of Sluice's. */
export interface Review {
  readonly number: number;
  readonly url: string;
  readonly branch: string;
  /** The newest commit of it that the forge knows. */
  readonly head: string;
  readonly state: "open" | "closed" | "merged";
  readonly title: string;
  readonly body: string;
  /** The account that opened it. */
  readonly author: string;
  readonly labels: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface ReviewMarks {
  readonly labels: readonly string[];
  /** An account's name. */
  readonly assignee: string | undefined;
}

export interface NewReview extends ReviewMarks {
  readonly branch: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export interface ReviewComment {
  readonly author: string;
  readonly body: string;
}

export interface BranchCommit {
  readonly id: string;
  readonly authorEmail: string;
  readonly committerEmail: string;
}

export interface CommitStatus {
  /** What tells this status from others of the commit: `sluice/check-changes`. */
  readonly name: string;
  readonly state: "pending" | "running" | "success" | "failure" | "cancelled";
  /** One line. */
  readonly description: string;
  /** Where to read more. */
  readonly url: string | undefined;
  /** The pipeline's number, where it is to show up there; GitLab alone has that. */
  readonly pipeline?: string | undefined;
}
