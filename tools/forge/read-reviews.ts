import { remoteBranches } from "../git/remote-branches.ts";
import type { Git } from "../git/git.ts";
import { branchName, branchPrefix, digestOf, parseBranchName, type UpdateBranch } from "./branch-name.ts";
import type { Forge, Review } from "./forge.ts";
import { isClosingComment, openedCommit } from "./review-texts.ts";
import type { WantedUpdate } from "./update-commit.ts";

/** A revision that somebody refused by closing its review; kept in the workspace's state. */
export interface Refusal {
  readonly pkgbase: string;
  /** The first 16 digits of the revision. */
  readonly digest: string;
}

/** What the pipelines know about the packages. */
export interface ReviewNeeds {
  /** What waits for a person now, at most one update per package. */
  readonly wanted: readonly WantedUpdate[];
  /** Packages whose upstream was read, and of which nothing waits for a person. */
  readonly settled: ReadonlySet<string>;
  /** All packages of main. One that is in neither of the above couldn't be judged this time: it is left as it is. */
  readonly packages: ReadonlySet<string>;
  readonly refusals: readonly Refusal[];
}

/** An open review of Sluice's. */
export interface OpenReview extends UpdateBranch {
  readonly review: Review;
  /** The branch's commit on the remote; undefined where the branch is gone. */
  readonly head: string | undefined;
  /** Whether nobody but Sluice has pushed to it; not looked at, and true, where it stays open anyway. */
  readonly untouched: boolean;
  /** The comments on it, read where a person has pushed. */
  readonly told: readonly string[];
}

/** A branch without an open review: left over, or of a wanted update that may have been up before. */
export interface IdleBranch extends UpdateBranch {
  readonly branch: string;
  readonly head: string | undefined;
  /** Whether nobody but Sluice has pushed to it. */
  readonly untouched: boolean;
  /** What became of its last review: `refused` by a person, `closed` by Sluice itself. */
  readonly past: "none" | "merged" | "refused" | "closed";
}

export interface ReviewSituation {
  readonly open: readonly OpenReview[];
  readonly idle: readonly IdleBranch[];
}

/**
 * Asks the forge and the Git remote for what `planReviews` decides on. One request for all open reviews and one
 * for all branches; more only for what has no open review, and for reviews without Sluice's mark.
 *
 * @param email the address that Sluice commits with, which tells its commits in a repository taken over
 * @throws SluiceError what `Forge` and Git throw
 */
export async function readReviews(
  { forge, git, remote, email }: { forge: Forge; git: Git; remote: string; email: string },
  needs: ReviewNeeds,
): Promise<ReviewSituation> {
  const reviews = await forge.openReviews();
  const heads = await remoteBranches(git, remote, branchPrefix);
  const wanted = needs.wanted.map(({ pkgbase, revision }) => branchName(pkgbase, revision));

  const open: OpenReview[] = [];
  for (const review of reviews) {
    const parsed = parseBranchName(review.branch);
    if (!parsed) continue;
    const head = heads.get(review.branch);
    const stays = wanted.includes(review.branch) || !isDecidable(parsed, needs);
    const untouched = stays || (await isUntouched(forge, review.branch, head, [review], email));
    const comments = untouched ? [] : await forge.comments(review.number);
    const told = comments.map(({ body }) => body);
    open.push({ ...parsed, review, head, untouched, told });
  }

  const idle: IdleBranch[] = [];
  const busy = new Set(reviews.map(({ branch }) => branch));
  for (const branch of new Set([...wanted, ...heads.keys()])) {
    const parsed = parseBranchName(branch);
    if (busy.has(branch) || !parsed || !isDecidable(parsed, needs)) continue;
    idle.push({
      ...parsed,
      branch,
      ...(await pastOf(forge, branch, parsed, heads.get(branch), needs, email)),
    });
  }
  return { open, idle };
}

/** Whether this run knows enough about the package to do anything about its branches. */
function isDecidable({ pkgbase }: UpdateBranch, { wanted, settled, packages }: ReviewNeeds): boolean {
  return (
    settled.has(pkgbase) || !packages.has(pkgbase) || wanted.some((update) => update.pkgbase === pkgbase)
  );
}

async function pastOf(
  forge: Forge,
  branch: string,
  parsed: UpdateBranch,
  head: string | undefined,
  { wanted, refusals }: ReviewNeeds,
  email: string,
): Promise<Pick<IdleBranch, "head" | "untouched" | "past">> {
  const { pkgbase, digest } = parsed;
  const isWanted = wanted.some(
    (update) => update.pkgbase === pkgbase && digestOf(update.revision) === digest,
  );
  const isRefused = refusals.some((refusal) => refusal.pkgbase === pkgbase && refusal.digest === digest);
  if (isWanted && isRefused) return { head, untouched: false, past: "refused" };
  const reviews = await forge.reviewsFrom(branch);
  const untouched = await isUntouched(forge, branch, head, reviews, email);
  const [last] = reviews;
  if (!last) return { head, untouched, past: "none" };
  // What was merged is in main, no matter by whom, unless somebody has pushed since.
  if (last.state === "merged") return { head, untouched: untouched || last.head === head, past: "merged" };
  const closedHere = isWanted && (await ownComments(forge, last)).some(isClosingComment);
  return { head, untouched, past: closedHere ? "closed" : "refused" };
}

/**
 * Whether a branch holds only what Sluice put there: the commit that a review of it was opened with, or, where no
 * review says so, one commit that Sluice made.
 */
async function isUntouched(
  forge: Forge,
  branch: string,
  head: string | undefined,
  reviews: readonly Review[],
  email: string,
): Promise<boolean> {
  if (head === undefined) return true;
  const opened = reviews.map(({ body }) => openedCommit(body)).filter((commit) => commit !== undefined);
  if (opened.length > 0) return opened.includes(head);
  const commits = await forge.commitsAhead(branch);
  return (
    commits.length <= 1 &&
    commits.every(({ authorEmail, committerEmail }) => authorEmail === email && committerEmail === email)
  );
}

/** What Sluice said on a review: it runs as the account that opened it. Others could copy its marks. */
async function ownComments(forge: Forge, { number, author }: Review): Promise<string[]> {
  const comments = await forge.comments(number);
  return comments.filter((comment) => comment.author === author).map(({ body }) => body);
}
