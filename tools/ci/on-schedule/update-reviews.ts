import { dependentsOf, type DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import { branchName, parseBranchName } from "../../forge/branch-name.ts";
import type { Forge, ReviewMarks } from "../../forge/forge.ts";
import { planReviews, type ReviewPlan } from "../../forge/plan-reviews.ts";
import { readReviews } from "../../forge/read-reviews.ts";
import type { WantedUpdate } from "../../forge/update-commit.ts";
import { reviewBody } from "../../gate/review/review-text.ts";
import { notedRefusal } from "../../workspace/state/package-past.ts";
import type { State } from "../../workspace/state/state.ts";
import { remote } from "../../workspace/refs.ts";
import type { Side } from "../on-commit/decide.ts";
import type { UpdateDecision } from "../updates/decide-update.ts";
import type { WorkspaceRefs } from "../pipeline/workspace-refs.ts";
import { refusalsOf } from "./next-state.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";

export interface UpdateReviews {
  readonly plan: ReviewPlan;
  readonly marks: ReviewMarks;
  /** Whether they are accepted and refused with `sluice review`, since there is no forge. */
  readonly byHand: boolean;
  /** Packages of which a person closed the review of what is held, as far as the state doesn't know it yet. */
  readonly refused: readonly string[];
}

type Held = Extract<UpdateDecision, { kind: "hold" }>;

/**
 * What becomes of reviews: those of updates that are held now, and of what is settled. Where there is no forge, or
 * it can't be used, the answer says why: everything else goes on without it.
 */
export async function planUpdateReviews(
  run: {
    readonly refs: WorkspaceRefs;
    readonly side: Side;
    readonly tree: DependencyTree;
    readonly state: State;
    readonly updates: readonly UpdateDecision[];
    readonly now: Date;
  },
  { git, forge }: Pick<SchedulePorts, "git" | "forge">,
): Promise<UpdateReviews | SluiceError> {
  if (forge instanceof SluiceError) return forge;
  const { config, packages } = run.side.workspace;
  const held = run.updates.filter((decision) => decision.kind === "hold");
  const needs = {
    wanted: held.map((decision) => wantedUpdate(decision, run)),
    settled: settledPackages(run),
    packages: new Set(packages.keys()),
    refusals: refusalsOf(run.state),
  };
  const marks = { labels: ["update"], assignee: config.CI_HUMAN_REVIEW_ASSIGNEE || undefined };
  try {
    const email = config.GIT_AUTHOR_EMAIL;
    const place = run.refs.hasRemote ? remote : ".";
    const situation = await readReviews({ forge, git, remote: place, email }, needs);
    const plan = planReviews(needs, situation, marks);
    return { plan, marks, byHand: forge.kind === "branches", refused: await findRefused(run, plan, forge) };
  } catch (error) {
    if (error instanceof SluiceError && error.code.startsWith("forge-")) return error;
    throw error;
  }
}

/**
 * Whose held update has no open review any more: a person closed it, where the forge says so. Each is asked about
 * once; without a forge `sluice review refuse` writes it down itself.
 */
async function findRefused(
  { state, updates }: { readonly state: State; readonly updates: readonly UpdateDecision[] },
  { open }: ReviewPlan,
  forge: Forge,
): Promise<string[]> {
  if (forge.kind === "branches") return [];
  const refused: string[] = [];
  for (const decision of updates) {
    if (decision.kind !== "unchanged" || decision.standing !== "held") continue;
    const known = state.packages.get(decision.pkgbase)!;
    const branch = branchName(decision.pkgbase, known.held!);
    if (open.some((review) => review.branch === branch) || notedRefusal(known, 0) === known) continue;
    const [last] = await forge.reviewsFrom(branch);
    if (last?.state === "closed") refused.push(decision.pkgbase);
  }
  return refused;
}

/**
 * Packages of which nothing waits for a person. The state doesn't know the reviews of an earlier pipeline:
 * they stay open until upstream changes, or main has caught up.
 */
function settledPackages({
  side,
  updates,
  refs,
}: {
  readonly side: Side;
  readonly updates: readonly UpdateDecision[];
  readonly refs: WorkspaceRefs;
}): Set<string> {
  const settled = new Set(side.workspace.packages.keys());
  const inherited = refs.reviewBranches.map(parseBranchName).filter((branch) => branch?.digest === undefined);
  for (const branch of inherited) if (branch) settled.delete(branch.pkgbase);
  for (const decision of updates) {
    const { pkgbase } = decision;
    const isCurrent =
      decision.kind === "take" || (decision.kind === "unchanged" && decision.standing === "caught-up");
    if (isCurrent) settled.add(pkgbase);
    else if (decision.kind !== "unchanged" || decision.standing === "held") settled.delete(pkgbase);
  }
  return settled;
}

function wantedUpdate(
  { pkgbase, update }: Held,
  { refs, tree, state, now }: { refs: WorkspaceRefs; tree: DependencyTree; state: State; now: Date },
): WantedUpdate {
  const { before, after, digest, files, judgement, origin, maintainersBefore } = update;
  const kept = state.evidence.get(pkgbase);
  const body = reviewBody({
    update: { pkgbase, before, after },
    judgement,
    maintainersBefore,
    maintainersAfter: origin.maintainers,
    dependents: dependentsOf(tree, pkgbase),
    revision: origin.revision,
    aur: origin.aur,
    now: now.getTime(),
    evidence: kept?.digest === digest ? kept.sections : [],
  });
  return { pkgbase, revision: digest, body, files, base: refs.head };
}
