import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import { pushAtomically } from "../git/push.ts";
import { durably, type Checkpoint } from "../steps.ts";
import type { Identity } from "../git/write-commit.ts";
import type { Forge, Review, ReviewMarks } from "./forge.ts";
import { tellingKey, type ReviewAction, type ReviewPlan } from "./plan-reviews.ts";
import { closingComment, isClosingComment, reviewBody, reviewTitle, tellingComment } from "./review-texts.ts";
import { makeUpdateCommit } from "./update-commit.ts";

export interface ReviewPorts {
  readonly forge: Forge;
  readonly git: Git;
  /** The Git remote that branches are pushed to: `origin`. */
  readonly remote: string;
  readonly packagesDir: string;
  /** Who the branches' commits are by. */
  readonly identity: Identity;
  readonly now: Date;
  readonly pushOptions: readonly string[];
  readonly checkpoint?: Checkpoint | undefined;
}

/** What became of the plan's actions. */
export interface ReviewOutcome {
  readonly done: readonly { readonly action: ReviewAction; readonly review: Review | undefined }[];
  readonly failed: readonly { readonly action: ReviewAction; readonly error: SluiceError }[];
  /** Not tried, because the forge can't be used now or the newer review isn't there yet. A later run does them. */
  readonly heldBack: readonly { readonly action: ReviewAction; readonly error: SluiceError }[];
}

/**
 * Does what was planned. It may be interrupted anywhere: reading, planning and applying again does the rest, and
 * nothing twice. One failure stops nothing but itself, unless the forge is away or doesn't accept the token: then
 * the rest is held back.
 */
export async function applyReviews(
  plan: ReviewPlan,
  marks: ReviewMarks,
  ports: ReviewPorts,
): Promise<ReviewOutcome> {
  const outcome = { done: [], failed: [], heldBack: [] } as {
    [list in keyof ReviewOutcome]: ReviewOutcome[list][number][];
  };
  const reviews = new Map(plan.open.map((review) => [review.branch, review]));
  const missing = new Map<string, SluiceError>();
  let stopped: SluiceError | undefined;
  for (const action of plan.actions) {
    const hindrance = stopped ?? missing.get(("successor" in action && action.successor) || "");
    if (hindrance) {
      outcome.heldBack.push({ action, error: hindrance });
      continue;
    }
    try {
      const review = await apply(action, reviews, marks, ports);
      if (action.kind === "open" && review) reviews.set(action.branch, review);
      outcome.done.push({ action, review });
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      if (action.kind === "open") missing.set(action.branch, error);
      if (stopsAll.has(error.code)) stopped = error;
      outcome[error.code === "forge-unavailable" ? "heldBack" : "failed"].push({ action, error });
    }
  }
  return outcome;
}

const stopsAll = new Set(["forge-unavailable", "forge-token", "forge-permission"]);

async function apply(
  action: ReviewAction,
  reviews: ReadonlyMap<string, Review>,
  marks: ReviewMarks,
  ports: ReviewPorts,
): Promise<Review | undefined> {
  switch (action.kind) {
    case "open":
      return open(action, marks, ports);
    case "mark":
      await durably(ports.checkpoint, "review marked", () =>
        ports.forge.markReview(action.review.number, marks),
      );
      return action.review;
    case "close":
      await close(action, reviews.get(action.successor ?? ""), ports);
      return action.review;
    case "tell":
      await tell(action, reviews.get(action.successor ?? ""), ports);
      return action.review;
    case "prune":
      await prune(action.branch, action.head, ports);
      return undefined;
  }
}

type Action<Kind extends ReviewAction["kind"]> = Extract<ReviewAction, { kind: Kind }>;
type Closing = Extract<ReviewAction, { successor: string | undefined }>;

/** The branch first: a review can't be without one, and a branch without a review is found again. */
async function open(action: Action<"open">, marks: ReviewMarks, ports: ReviewPorts): Promise<Review> {
  const { branch, update } = action;
  const commit = action.pushed ?? (await push(action, ports));
  const title = reviewTitle(update.pkgbase);
  const body = reviewBody(commit, update.body);
  return durably(ports.checkpoint, "review opened", () =>
    ports.forge.openReview({ branch, title, body, ...marks }),
  );
}

async function push({ branch, update }: Action<"open">, ports: ReviewPorts): Promise<string> {
  const { git, remote, packagesDir, identity, now: date, pushOptions, checkpoint } = ports;
  const commit = await makeUpdateCommit(git, update, { packagesDir, identity, date });
  const ref = `refs/heads/${branch}`;
  const pushed = await durably(checkpoint, "review branch pushed", () =>
    pushAtomically(git, remote, [{ ref, expected: undefined, to: commit }], pushOptions),
  );
  if (pushed.kind === "lost-race") throw lostRace(branch, "somebody else has made this branch meanwhile");
  return commit;
}

/**
 * The word why comes first, so that no review closes without one. Deleting the branch is leased and closes the
 * review where the forge does so by itself: where a person has pushed since, nothing more happens.
 */
async function close(action: Closing, successor: Review | undefined, ports: ReviewPorts): Promise<void> {
  const { review, head, reason, pkgbase } = action;
  const said = await ports.forge.comments(review.number);
  if (!said.some(({ author, body }) => author === review.author && isClosingComment(body))) {
    const word = closingComment(reason, pkgbase, successor);
    await durably(ports.checkpoint, "review comment", () => ports.forge.comment(review.number, word));
  }
  if (head !== undefined) await prune(review.branch, head, ports);
  await durably(ports.checkpoint, "review closed", () => ports.forge.closeReview(review.number));
}

async function tell(
  action: Closing,
  successor: Review | undefined,
  { forge, checkpoint }: ReviewPorts,
): Promise<void> {
  const { review, reason, pkgbase } = action;
  const word = tellingComment(tellingKey(action), reason, pkgbase, successor);
  await durably(checkpoint, "review comment", () => forge.comment(review.number, word));
}

async function prune(branch: string, head: string, ports: ReviewPorts): Promise<void> {
  const { git, remote, pushOptions, checkpoint } = ports;
  const update = { ref: `refs/heads/${branch}`, expected: head, to: undefined };
  const pruned = await durably(checkpoint, "review branch deleted", () =>
    pushAtomically(git, remote, [update], pushOptions),
  );
  if (pruned.kind === "lost-race") throw lostRace(branch, "somebody has pushed to this branch meanwhile");
}

function lostRace(branch: string, what: string): SluiceError {
  return new SluiceError("lost-race", `${branch}: ${what}; it is left as it is`, {
    hint: "The next run looks at it again.",
    facts: { branch },
    exitCode: 1,
  });
}
