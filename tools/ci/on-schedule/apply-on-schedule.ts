import { SluiceError } from "../../errors.ts";
import { applyReviews, type ReviewOutcome, type ReviewPorts } from "../../forge/apply-reviews.ts";
import type { ReviewAction } from "../../forge/plan-reviews.ts";
import { commitMessage } from "../../gate/review/review-text.ts";
import { changeFiles } from "../../git/change-files.ts";
import type { RefUpdate } from "../../git/push.ts";
import { writeCommit } from "../../git/write-commit.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import type { State } from "../../workspace/state/state.ts";
import { notedRefusal } from "../../workspace/state/package-past.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import { keptPrefix, remote } from "../../workspace/refs.ts";
import { commitState } from "../pipeline/commit-state.ts";
import { nextRequests } from "../pipeline/next-requests.ts";
import { scheduleFor } from "../pipeline/compose-schedule.ts";
import type { OnSchedulePlan } from "./on-schedule.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import type { UpdateReviews } from "./update-reviews.ts";
import { pushSchedule } from "../pipeline/push-schedule.ts";

/** What a run did. */
export interface OnScheduleOutcome {
  /** Main's newest commit now. */
  readonly head: string;
  /** Whether main got a new commit. */
  readonly committed: boolean;
  readonly schedule: Schedule;
  readonly reviews: ReviewOutcome;
  /** Held updates that could not be opened for review, and why; the next run tries again. */
  readonly notOpened: ReadonlyMap<string, SluiceError>;
}

const nothingDone: ReviewOutcome = { done: [], failed: [], heldBack: [] };

/**
 * Does what was planned: opens reviews, writes the schedule, pushes everything at once, and closes what is obsolete.
 * If another push was first, nothing of main, state and schedule has changed.
 */
export async function applyOnSchedule(
  ports: SchedulePorts,
  plan: OnSchedulePlan,
): Promise<{ kind: "done"; outcome: OnScheduleOutcome } | { kind: "lost-race"; said: string }> {
  const { refs, reviews, workspace } = plan;
  const opened = await review(ports, plan, actionsOf(reviews, "before"));
  const notOpened = whyNotOpened(plan, opened);
  const head = await commitMain(ports, plan);
  const kept = stateToKeep(plan, notOpened, ports.now());
  const requests = nextRequests(kept.requests, workspace, plan.builds, ports.now());
  const state = await commitState(ports, plan.stateBranch, { ...kept, requests }, workspace.config);
  const at = { workspace, commit: head, platform: ports.platform };
  const { schedule, files } = scheduleFor(at, plan.builds, plan.removals);
  const { possible, heldBack } = withSuccessors(actionsOf(reviews, "after"), opened);
  const deletions = possible.flatMap(deletedBranch);
  const next = { head, state, others: [...keptCommits(plan, ports.now()), ...deletions] };
  const pushed = await pushSchedule(ports, refs, next, files);
  if (pushed.kind === "lost-race") return pushed;
  const pruned = possible.filter(({ kind }) => kind === "prune");
  const closed = await review(ports, plan, possible.flatMap(withoutDeleted), opened);
  const outcome = {
    done: [...opened.done, ...pruned.map((action) => ({ action, review: undefined })), ...closed.done],
    failed: [...opened.failed, ...closed.failed],
    heldBack: [...opened.heldBack, ...heldBack, ...closed.heldBack],
  };
  return {
    kind: "done",
    outcome: { head, committed: head !== refs.head, schedule, reviews: outcome, notOpened },
  };
}

async function review(
  { git, forge, now, platform, checkpoint }: SchedulePorts,
  { reviews, workspace, refs }: OnSchedulePlan,
  actions: readonly ReviewAction[],
  opened: ReviewOutcome = nothingDone,
): Promise<ReviewOutcome> {
  if (reviews instanceof SluiceError || forge instanceof SluiceError) return nothingDone;
  const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL } = workspace.config;
  const ports: ReviewPorts = {
    forge,
    git,
    remote: refs.hasRemote ? remote : ".",
    packagesDir: workspace.packagesDir,
    identity: { name: GIT_AUTHOR_NAME, email: GIT_AUTHOR_EMAIL },
    now: now(),
    pushOptions: platform.pushOptions,
    checkpoint,
  };
  const open = [...reviews.plan.open, ...opened.done.flatMap(({ review: one }) => one ?? [])];
  return applyReviews({ ...reviews.plan, open, actions }, reviews.marks, ports);
}

/**
 * Reviews are opened before main is pushed, so that the state never says that something is up for review which
 * isn't; a branch that has to make room for another of its name goes before that. What is obsolete is closed after.
 */
function actionsOf(reviews: UpdateReviews | SluiceError, phase: "before" | "after"): ReviewAction[] {
  if (reviews instanceof SluiceError) return [];
  const { actions } = reviews.plan;
  const opening = new Set(actions.flatMap((action) => (action.kind === "open" ? [action.branch] : [])));
  return actions.filter((action) => {
    const isBefore =
      action.kind === "prune" ? opening.has(action.branch) : /^(?:open|mark)$/.test(action.kind);
    return isBefore === (phase === "before");
  });
}

/** A review stays, with its branch, until the one of the newer revision is there. */
function withSuccessors(
  actions: readonly ReviewAction[],
  opened: ReviewOutcome,
): { possible: readonly ReviewAction[]; heldBack: ReviewOutcome["heldBack"] } {
  const missing = new Map(
    [...opened.failed, ...opened.heldBack].flatMap(({ action, error }) =>
      action.kind === "open" ? [[action.branch, error] as const] : [],
    ),
  );
  const hindrance = (action: ReviewAction): SluiceError | undefined =>
    missing.get(("successor" in action && action.successor) || "");
  return {
    possible: actions.filter((action) => !hindrance(action)),
    heldBack: actions.flatMap((action) => {
      const error = hindrance(action);
      return error ? [{ action, error }] : [];
    }),
  };
}

function deletedBranch(action: ReviewAction): RefUpdate[] {
  if (action.kind !== "close" && action.kind !== "prune") return [];
  const branch = "branch" in action ? action.branch : action.review.branch;
  const { head } = action;
  return head === undefined ? [] : [{ ref: `refs/heads/${branch}`, expected: head, to: undefined }];
}

/** What the push has deleted is found gone. */
function withoutDeleted(action: ReviewAction): ReviewAction[] {
  if (action.kind === "prune") return [];
  return [action.kind === "close" ? { ...action, head: undefined } : action];
}

/** Updates that are held and that no review shows, with the reason. */
function whyNotOpened({ updates, reviews }: OnSchedulePlan, opened: ReviewOutcome): Map<string, SluiceError> {
  const held = updates.filter(({ kind }) => kind === "hold").map(({ pkgbase }) => pkgbase);
  if (reviews instanceof SluiceError) return new Map(held.map((pkgbase) => [pkgbase, reviews]));
  const missing = [...opened.failed, ...opened.heldBack].filter(({ action }) => action.kind === "open");
  return new Map(missing.map(({ action, error }) => [action.pkgbase, error]));
}

async function commitMain({ git, platform, now }: SchedulePorts, plan: OnSchedulePlan): Promise<string> {
  const { refs, changes, changed, replaces, workspace } = plan;
  if (changes.size === 0) return refs.head;
  const tree = await changeFiles(git, refs.head, changes);
  const names = [...new Set([...changed, ...(replaces?.packages ?? [])])].sort();
  const [subject = "", ...rest] = commitMessage(names).split("\n");
  const { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email } = workspace.config;
  return writeCommit(git, {
    tree,
    parents: [replaces?.parent ?? refs.head],
    identity: { name, email },
    date: now(),
    message: [`${subject}${platform.skipMark}`, ...rest].join("\n"),
  });
}

/**
 * What waits for a review counts only where it is up for review. Where there is no forge, upstream is asked again at
 * each run: one with a forge opens the review then.
 */
function stateToKeep(
  { state, heldStates, reviews }: OnSchedulePlan,
  notOpened: ReadonlyMap<string, SluiceError>,
  now: Date,
): State {
  const byHand = !(reviews instanceof SluiceError) && reviews.byHand;
  const packages = new Map<string, PackageState>(state.packages);
  for (const [pkgbase, held] of heldStates) {
    const known = packages.get(pkgbase);
    // The forge knows best what was refused, and the commit of a VCS source doesn't wait for a review.
    const seen = byHand ? { timestamp: known?.timestamp, revision: known?.revision } : {};
    const refused = known?.refused;
    const isRefused = refused !== undefined && held.held?.startsWith(refused);
    const merged = {
      ...(isRefused ? notedRefusal(held, now.getTime()) : held),
      ...seen,
      refused,
      commit: known?.commit,
    };
    if (!notOpened.has(pkgbase)) packages.set(pkgbase, merged);
  }
  const isAllCurrent = notOpened.size === 0 && !(byHand && heldStates.size > 0);
  const run = { ...state.run, aurEtag: isAllCurrent ? state.run.aurEtag : undefined };
  return { ...state, packages, run };
}

const daysKept = 30;

/** Builders may not have fetched what is taken out of main's history yet; after a month nobody waits for it. */
function keptCommits({ refs, replaces }: OnSchedulePlan, now: Date): RefUpdate[] {
  if (!replaces) return [];
  const ref = `${keptPrefix}${dayOf(now.getTime())}/${replaces.commit}`;
  const oldest = `${keptPrefix}${dayOf(now.getTime() - daysKept * 86_400_000)}`;
  const expired = [...refs.kept].filter(([name]) => name < oldest);
  return [
    { ref, expected: undefined, to: replaces.commit },
    ...expired.map(([name, id]) => ({ ref: name, expected: id, to: undefined })),
  ];
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
