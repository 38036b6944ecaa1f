import { branchName, digestOf } from "./branch-name.ts";
import type { Review, ReviewMarks } from "./forge.ts";
import type { IdleBranch, OpenReview, Refusal, ReviewNeeds, ReviewSituation } from "./read-reviews.ts";
import { wasTold, type Obsolete } from "./review-texts.ts";
import type { WantedUpdate } from "./update-commit.ts";

/** One thing to do, and why. */
export type ReviewAction =
  | {
      readonly kind: "open";
      readonly pkgbase: string;
      readonly branch: string;
      readonly update: WantedUpdate;
      /** The commit on the remote that an interrupted run left there; undefined: it has yet to be made and pushed. */
      readonly pushed: string | undefined;
      readonly reason: "held for review" | "pushed without a review";
    }
  | {
      readonly kind: "mark";
      readonly pkgbase: string;
      readonly review: Review;
      readonly reason: "its labels are missing";
    }
  | {
      /** Close a review and delete its branch, or tell it that it could be closed. */
      readonly kind: "close" | "tell";
      readonly pkgbase: string;
      readonly review: Review;
      /** The branch's commit; undefined where the branch is gone. */
      readonly head: string | undefined;
      /** The branch of the newer revision's review. */
      readonly successor: string | undefined;
      readonly reason: Obsolete;
    }
  | {
      /** Delete a branch that has no open review. */
      readonly kind: "prune";
      readonly pkgbase: string;
      readonly branch: string;
      readonly head: string;
      readonly reason: Obsolete | "merged";
    };

/** What is left as it is, and why. */
export interface Kept {
  readonly pkgbase: string;
  readonly branch: string;
  readonly review: Review | undefined;
  readonly reason:
    | "open already"
    | "refused for this revision"
    | "holds a person's commits"
    | "already told"
    | "upstream couldn't be judged";
}

export interface ReviewPlan {
  /** In the order in which they are to be done. */
  readonly actions: readonly ReviewAction[];
  readonly kept: readonly Kept[];
  /** All that is to be remembered from now on. */
  readonly refusals: readonly Refusal[];
  /** The open reviews, as found. */
  readonly open: readonly Review[];
}

/** Decides what becomes of every review and branch. Nothing is done yet. */
export function planReviews(needs: ReviewNeeds, situation: ReviewSituation, marks: ReviewMarks): ReviewPlan {
  const wanted = new Map(needs.wanted.map((update) => [branchOf(update), update]));
  const decisions = [
    ...[...wanted].flatMap(([branch, update]) => decideWanted(branch, update, situation, marks)),
    ...situation.open
      .filter(({ review }) => !wanted.has(review.branch))
      .map((open) => decideObsolete(open, needs)),
    ...situation.idle.filter(({ branch }) => !wanted.has(branch)).flatMap((idle) => decideIdle(idle, needs)),
  ];
  const order = ["prune", "open", "mark", "close", "tell"];
  return {
    actions: decisions
      .filter((decision) => "kind" in decision)
      .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    kept: decisions.filter((decision): decision is Kept => !("kind" in decision)),
    refusals: remember(needs, situation),
    open: situation.open.map(({ review }) => review),
  };
}

function branchOf({ pkgbase, revision }: WantedUpdate): string {
  return branchName(pkgbase, revision);
}

function decideWanted(
  branch: string,
  update: WantedUpdate,
  { open, idle }: ReviewSituation,
  { labels }: ReviewMarks,
): (ReviewAction | Kept)[] {
  const { pkgbase } = update;
  const review = open.find((each) => each.review.branch === branch)?.review;
  const kept = { pkgbase, branch, review };
  if (review) {
    const unmarked = labels.length > 0 && !labels.some((label) => review.labels.includes(label));
    const mark = { kind: "mark", pkgbase, review, reason: "its labels are missing" } as const;
    return [{ ...kept, reason: "open already" }, ...(unmarked ? [mark] : [])];
  }
  const past = idle.find((each) => each.branch === branch);
  if (past?.past === "refused") return [{ ...kept, reason: "refused for this revision" }];
  if (past?.head !== undefined && !past.untouched) return [{ ...kept, reason: "holds a person's commits" }];
  const opening = {
    kind: "open",
    pkgbase,
    branch,
    update,
    pushed: undefined,
    reason: "held for review",
  } as const;
  if (past?.head === undefined) return [opening];
  // A merged branch has nothing to merge any more, so an update that main lost again starts from today's main.
  if (past.past === "merged") {
    return [{ kind: "prune", pkgbase, branch, head: past.head, reason: "merged" }, opening];
  }
  return [{ ...opening, pushed: past.head, reason: "pushed without a review" }];
}

function decideObsolete(open: OpenReview, needs: ReviewNeeds): ReviewAction | Kept {
  const { pkgbase, review, head } = open;
  const kept = { pkgbase, branch: review.branch, review };
  const verdict = whyObsolete(pkgbase, needs);
  if (!verdict) return { ...kept, reason: "upstream couldn't be judged" };
  const action = { pkgbase, review, head, ...verdict };
  if (open.untouched) return { kind: "close", ...action };
  if (wasTold(open.told, tellingKey(verdict))) return { ...kept, reason: "already told" };
  return { kind: "tell", ...action };
}

function decideIdle(idle: IdleBranch, needs: ReviewNeeds): (ReviewAction | Kept)[] {
  const { pkgbase, branch, head } = idle;
  const verdict = whyObsolete(pkgbase, needs);
  if (head === undefined || !verdict) return [];
  if (!idle.untouched) return [{ pkgbase, branch, review: undefined, reason: "holds a person's commits" }];
  const reason = idle.past === "merged" ? "merged" : verdict.reason;
  return [{ kind: "prune", pkgbase, branch, head, reason }];
}

/** The comment for a person who works on a review, written once. */
export function tellingKey({
  reason,
  successor,
}: {
  reason: Obsolete;
  successor: string | undefined;
}): string {
  return successor === undefined ? reason : `${reason} ${successor}`;
}

function whyObsolete(
  pkgbase: string,
  { wanted, settled, packages }: ReviewNeeds,
): { readonly reason: Obsolete; readonly successor: string | undefined } | undefined {
  const update = wanted.find((each) => each.pkgbase === pkgbase);
  if (update) return { reason: "superseded", successor: branchOf(update) };
  if (!packages.has(pkgbase)) return { reason: "dropped", successor: undefined };
  return settled.has(pkgbase) ? { reason: "overtaken", successor: undefined } : undefined;
}

/** A refusal counts while upstream is at that revision, or can't be asked; one that was reopened is none. */
function remember(
  { wanted, settled, packages, refusals }: ReviewNeeds,
  { open, idle }: ReviewSituation,
): Refusal[] {
  const unknown = refusals.filter(
    ({ pkgbase }) =>
      packages.has(pkgbase) && !settled.has(pkgbase) && !wanted.some((update) => update.pkgbase === pkgbase),
  );
  const standing = wanted
    .filter((update) => !open.some(({ review }) => review.branch === branchOf(update)))
    .filter((update) => idle.find(({ branch }) => branch === branchOf(update))?.past === "refused")
    .map(({ pkgbase, revision }) => ({ pkgbase, digest: digestOf(revision) }));
  return [...unknown, ...standing];
}
