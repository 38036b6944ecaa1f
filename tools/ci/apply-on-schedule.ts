import { SluiceError } from "../errors.ts";
import { applyReviews, type ReviewOutcome, type ReviewPorts } from "../forge/apply-reviews.ts";
import type { ReviewAction, ReviewPlan } from "../forge/plan-reviews.ts";
import { commitMessage } from "../gate/review-text.ts";
import { changeFiles } from "../git/change-files.ts";
import type { Git } from "../git/git.ts";
import { ignoreFiles } from "../git/ignore.ts";
import { pushAtomically, type RefUpdate } from "../git/push.ts";
import { writeCommit } from "../git/write-commit.ts";
import { composeSchedule } from "../schedule/compose.ts";
import { scheduleFiles, type ScheduleFile } from "../schedule/files.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { durably } from "../steps.ts";
import { stateChanges, type PackageState, type State } from "../workspace/state.ts";
import { remote, scheduledTag } from "./commit-range.ts";
import { keptPrefix, stateRef, type MainLine } from "./main-line.ts";
import { scheduleHeader } from "./on-commit.ts";
import type { OnSchedulePlan, SchedulePorts } from "./on-schedule.ts";
import { writeScheduleFiles } from "./write-schedule.ts";

/** What a run did. */
export interface OnScheduleOutcome {
  /** Main's newest commit now. */
  readonly head: string;
  /** Whether main got a new commit. */
  readonly committed: boolean;
  readonly schedule: Schedule;
  readonly reviews: ReviewOutcome;
  /** Held updates that could not be put up for review, and why; the next run tries again. */
  readonly notPutUp: ReadonlyMap<string, SluiceError>;
}

const nothingDone: ReviewOutcome = { done: [], failed: [], heldBack: [] };

/**
 * Does what was planned: opens reviews, writes the schedule, pushes everything at once, and closes what is obsolete.
 * If somebody was faster, nothing of main, state and schedule has changed.
 */
export async function applyOnSchedule(
  ports: SchedulePorts,
  plan: OnSchedulePlan,
): Promise<{ kind: "done"; outcome: OnScheduleOutcome } | { kind: "lost-race"; said: string }> {
  const { git, checkpoint } = ports;
  const { line, reviews } = plan;
  const opened = await review(ports, plan, "before");
  const notPutUp = whyNotPutUp(plan, opened);
  const [head, state] = [await commitMain(ports, plan), await commitState(ports, plan, notPutUp)];
  const schedule = composeSchedule(
    scheduleHeader(head, plan.workspace.config, ports.platform),
    plan.tree,
    plan.builds,
    plan.removals,
  );

  const files = scheduleFiles(schedule, plan.tree, plan.workspace.config);
  const written = await placeFiles(git, files, ports);
  const deletions =
    reviews instanceof SluiceError ? [] : actionsOf(reviews.plan, "after").flatMap(deletedBranch);
  const updates = [...refUpdates(line, head, state), ...keptCommits(plan, ports.now()), ...deletions];
  if (updates.length > 0) {
    try {
      const pushed = await durably(checkpoint, "main pushed", () => push(ports, line, updates));
      if (pushed.kind === "lost-race") {
        written.undo();
        return pushed;
      }
    } catch (error) {
      written.undo();
      throw error;
    }
    await followMain(git, line, head);
  }
  const closed = await review(ports, plan, "after");
  const outcome = { done: [...opened.done, ...closed.done], ...joined(opened, closed) };
  return {
    kind: "done",
    outcome: { head, committed: head !== line.head, schedule, reviews: outcome, notPutUp },
  };
}

function joined(a: ReviewOutcome, b: ReviewOutcome): Pick<ReviewOutcome, "failed" | "heldBack"> {
  return { failed: [...a.failed, ...b.failed], heldBack: [...a.heldBack, ...b.heldBack] };
}

async function review(
  { git, forge, now, platform, checkpoint }: SchedulePorts,
  { reviews, workspace, line }: OnSchedulePlan,
  phase: "before" | "after",
): Promise<ReviewOutcome> {
  if (reviews instanceof SluiceError || forge instanceof SluiceError) return nothingDone;
  const actions = actionsOf(reviews.plan, phase);
  const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL } = workspace.config;
  const ports: ReviewPorts = {
    forge,
    git,
    remote: line.hasRemote ? remote : ".",
    packagesDir: workspace.packagesDir,
    identity: { name: GIT_AUTHOR_NAME, email: GIT_AUTHOR_EMAIL },
    now: now(),
    pushOptions: platform.pushOptions,
    checkpoint,
  };
  // What the push has deleted is found gone.
  const left = phase === "before" ? actions : actions.flatMap(withoutDeleted);
  return applyReviews({ ...reviews.plan, actions: left }, reviews.marks, ports);
}

/**
 * Reviews are opened before main is pushed, so that the state never says that something is up for review which
 * isn't; a branch that has to make room for another of its name goes before that. What is obsolete is closed after.
 */
function actionsOf({ actions }: ReviewPlan, phase: "before" | "after"): ReviewAction[] {
  const opening = new Set(actions.flatMap((action) => (action.kind === "open" ? [action.branch] : [])));
  return actions.filter((action) => {
    const isBefore =
      action.kind === "prune" ? opening.has(action.branch) : /^(?:open|mark)$/.test(action.kind);
    return isBefore === (phase === "before");
  });
}

function deletedBranch(action: ReviewAction): RefUpdate[] {
  if (action.kind !== "close" && action.kind !== "prune") return [];
  const branch = "branch" in action ? action.branch : action.review.branch;
  const { head } = action;
  return head === undefined ? [] : [{ ref: `refs/heads/${branch}`, expected: head, to: undefined }];
}

function withoutDeleted(action: ReviewAction): ReviewAction[] {
  if (action.kind === "prune") return [];
  return [action.kind === "close" ? { ...action, head: undefined } : action];
}

/** Updates that are held and that no review shows, with the reason. */
function whyNotPutUp({ updates, reviews }: OnSchedulePlan, opened: ReviewOutcome): Map<string, SluiceError> {
  const held = updates.filter(({ kind }) => kind === "hold").map(({ pkgbase }) => pkgbase);
  if (reviews instanceof SluiceError) return new Map(held.map((pkgbase) => [pkgbase, reviews]));
  const missing = [...opened.failed, ...opened.heldBack].filter(({ action }) => action.kind === "open");
  return new Map(missing.map(({ action, error }) => [action.pkgbase, error]));
}

async function commitMain({ git, platform, now }: SchedulePorts, plan: OnSchedulePlan): Promise<string> {
  const { line, changes, changed, replaces, workspace } = plan;
  if (changes.size === 0) return line.head;
  const tree = await changeFiles(git, line.head, changes);
  const names = [...new Set([...changed, ...(replaces?.packages ?? [])])].sort();
  const [subject = "", ...rest] = commitMessage(names).split("\n");
  const { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email } = workspace.config;
  return writeCommit(git, {
    tree,
    parents: [replaces?.parent ?? line.head],
    identity: { name, email },
    date: now(),
    message: [`${subject}${platform.skipMark}`, ...rest].join("\n"),
  });
}

/** One commit without a past, so that what only machines write doesn't grow the repository. */
async function commitState(
  { git, now }: SchedulePorts,
  { stateBranch, state, heldStates, workspace }: OnSchedulePlan,
  notPutUp: ReadonlyMap<string, SluiceError>,
): Promise<string | undefined> {
  const packages = new Map<string, PackageState>(state.packages);
  for (const [pkgbase, held] of heldStates) {
    const known = packages.get(pkgbase);
    // The forge knows best what was refused, and the commit of a VCS source doesn't wait for a review.
    const merged = { ...held, refused: known?.refused, commit: known?.commit };
    if (!notPutUp.has(pkgbase)) packages.set(pkgbase, merged);
  }
  const isAllCurrent = notPutUp.size === 0;
  const run = { ...state.run, aurEtag: isAllCurrent ? state.run.aurEtag : undefined };
  const complete: State = { ...state, packages, run };
  const changes = stateChanges(stateBranch, complete);
  if (changes.size === 0) return stateBranch.commit;
  const { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email } = workspace.config;
  return writeCommit(git, {
    tree: await changeFiles(git, stateBranch.commit, changes),
    parents: [],
    identity: { name, email },
    date: now(),
    message: "chore(state): update state",
  });
}

async function placeFiles(
  git: Git,
  files: readonly ScheduleFile[],
  { checkpoint }: SchedulePorts,
): Promise<{ undo: () => void }> {
  await ignoreFiles(
    git,
    files.map(([path]) => path),
  );
  return writeScheduleFiles(git.dir, files, checkpoint);
}

function refUpdates(
  { ref, head: oldHead, state: oldState, tag }: MainLine,
  head: string,
  state: string | undefined,
): RefUpdate[] {
  const updates: RefUpdate[] = [
    { ref, expected: oldHead, to: head },
    { ref: stateRef, expected: oldState, to: state },
    { ref: scheduledTag, expected: tag?.id, to: tag?.commit === head ? tag.id : head },
  ];
  const changed = updates.filter(({ expected, to }) => expected !== to);
  // Main is leased even where it doesn't change: the tag and the state speak of this commit of it.
  return changed.length === 0 ? [] : [...new Set([updates[0]!, ...changed])];
}

const daysKept = 30;

/** Builders may not have fetched what is taken out of main's history yet; after a month nobody waits for it. */
function keptCommits({ line, replaces }: OnSchedulePlan, now: Date): RefUpdate[] {
  if (!replaces) return [];
  const ref = `${keptPrefix}${dayOf(now.getTime())}/${replaces.commit}`;
  const oldest = `${keptPrefix}${dayOf(now.getTime() - daysKept * 86_400_000)}`;
  const expired = [...line.kept].filter(([name]) => name < oldest);
  return [
    { ref, expected: undefined, to: replaces.commit },
    ...expired.map(([name, id]) => ({ ref: name, expected: id, to: undefined })),
  ];
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function push(
  { git, platform }: SchedulePorts,
  { hasRemote }: MainLine,
  updates: readonly RefUpdate[],
): Promise<Awaited<ReturnType<typeof pushAtomically>>> {
  return pushAtomically(git, hasRemote ? remote : ".", updates, platform.pushOptions);
}

/**
 * Brings the clone along where it stands at what main was, as far as nothing of the user's is in the way. It isn't
 * needed for anything that follows.
 */
async function followMain(git: Git, { ref, head: old, hasRemote }: MainLine, head: string): Promise<void> {
  await git.attempt(["update-ref", scheduledTag, head]);
  const { stdout: at } = await git.attempt(["rev-parse", "--verify", "--quiet", "HEAD"]);
  const { stdout: branch } = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  if (head === old || (branch !== "" && branch !== ref)) return;
  // Where there is no remote, the branch itself has moved already, and its files haven't.
  if (!hasRemote && at === head) await git.attempt(["read-tree", "-m", "-u", old, head]);
  if (at === old) await git.attempt(["merge", "--quiet", "--ff-only", head]);
}
