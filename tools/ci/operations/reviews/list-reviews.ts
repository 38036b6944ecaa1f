import { branchPrefix, parseBranchName, type UpdateBranch } from "../../../forge/branch-name.ts";
import type { Forge } from "../../../forge/forge.ts";
import { readAllowedLines } from "../../../gate/files/allowed-lines.ts";
import { answerTags } from "../../../gate/sources/tag-answers.ts";
import { judgeWith, type Finding, type Judgement, type Verdict } from "../../../gate/judge.ts";
import { fetchBranches } from "../../../forge/branch-reviews.ts";
import type { Git } from "../../../git/git.ts";
import { remoteBranches } from "../../../git/remote-branches.ts";
import { packagePath } from "../../../workspace/files.ts";
import { approvedRecipe, readRecipe } from "../../updates/recipe-in-commit.ts";
import type { DecisionContext } from "../../updates/decide-update.ts";
import { installableIn } from "../../updates/installable.ts";
import { readTrusted } from "../../on-schedule/on-schedule.ts";
import type { EvidenceSection } from "../../../gate/review/evidence.ts";
import type { SchedulePorts } from "../../pipeline/ports.ts";
import { evidenceOf, type HeldReview } from "./held-review.ts";
import { versionChange } from "../version-change.ts";
import { readCurrentState, type OperationPorts, type CurrentState } from "../operation.ts";
import { openSecondReader } from "../../../bash/open-second-reader.ts";
import { remote } from "../../../workspace/refs.ts";

/** An open review and what the gate says of it today. */
export interface ListedReview {
  readonly pkgbase: string;
  readonly url: string;
  readonly branch: string;
  /** ISO 8601. */
  readonly openedAt: string;
  /** Undefined where the package or the branch is gone. */
  readonly verdict: Verdict | undefined;
  /** `1.2 → 1.3` */
  readonly versions: string | undefined;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** What was found out about it beside its recipe. */
  readonly evidence: readonly EvidenceSection[];
}

/** Judging asks hosts for their tags. */
export interface JudgePorts extends OperationPorts {
  readonly upstreams: SchedulePorts["upstreams"];
}

interface ReviewPorts extends JudgePorts {
  readonly forge: Forge;
}

/** All open reviews, oldest first, each judged again: main as it is now against what the branch would make of it. */
export async function listReviews(ports: ReviewPorts): Promise<ListedReview[]> {
  const { git, forge, progress } = ports;
  const present = await readCurrentState(ports);
  progress("asking for open reviews");
  const [reviews, heads] = await Promise.all([
    forge.openReviews(),
    remoteBranches(git, present.refs.hasRemote ? remote : ".", branchPrefix),
  ]);
  const reviewed = new Set(reviews.map(({ branch }) => branch));
  await fetchBranches(git, remote, new Map([...heads].filter(([branch]) => reviewed.has(branch))));
  const rules = await rulesOf(ports, present);
  const listed: ListedReview[] = [];
  for (const { branch, url, createdAt: openedAt } of reviews) {
    const parsed = parseBranchName(branch);
    if (!parsed) continue;
    const head = heads.get(branch);
    const judged = await judgeBranch({ ...parsed, head }, present, rules, ports);
    const versions = await versionsOf(git, parsed.pkgbase, head, present);
    const { verdict, findings = [] } = judged ?? {};
    const { pkgbase } = parsed;
    const evidence = evidenceOf(present.stateBranch.state, { pkgbase, branch });
    listed.push({ pkgbase, url, branch, openedAt, verdict, versions, findings, evidence });
  }
  return listed;
}

async function versionsOf(
  git: Git,
  pkgbase: string,
  head: string | undefined,
  { side }: CurrentState,
): Promise<string | undefined> {
  const pkg = side.workspace.packages.get(pkgbase);
  if (!pkg || head === undefined) return undefined;
  return versionChange(pkg, await readRecipe(git, head, packagePath(side.workspace.packagesDir, pkgbase)));
}

/** What is held of one package, judged again. */
export async function judgeHeld(
  { pkgbase, branch, head }: HeldReview,
  present: CurrentState,
  ports: JudgePorts,
): Promise<Judgement> {
  const digest = parseBranchName(branch)?.digest;
  const judged = await judgeBranch({ pkgbase, digest, head }, present, await rulesOf(ports, present), ports);
  return judged!;
}

type Rules = Pick<DecisionContext, "trustedMaintainers" | "ask" | "read">;

async function rulesOf({ git, upstreams }: JudgePorts, { refs, side }: CurrentState): Promise<Rules> {
  return {
    trustedMaintainers: await readTrusted(git, refs.head),
    ask: answerTags(upstreams(side.workspace.config, {}).tagsOf),
    read: openSecondReader().read,
  };
}

async function judgeBranch(
  { pkgbase, digest, head }: UpdateBranch & { readonly head: string | undefined },
  { refs, side, stateBranch }: CurrentState,
  { trustedMaintainers, ask, read }: Rules,
  { git, now }: JudgePorts,
): Promise<Judgement | undefined> {
  const pkg = side.workspace.packages.get(pkgbase);
  if (!pkg || head === undefined) return undefined;
  const folder = packagePath(side.workspace.packagesDir, pkgbase);
  const [before, after] = [await readRecipe(git, refs.head, folder), await readRecipe(git, head, folder)];
  const known = stateBranch.state.packages.get(pkgbase) ?? {};
  const { maintainers, held, heldMaintainers } = known;
  const isHeld = held !== undefined && held.slice(0, 16) === digest;
  const context = {
    architectures: side.workspace.config.CI_ARCHES,
    isInstallable: installableIn(side.workspace, stateBranch.state)(pkgbase),
    maintainersBefore: maintainers,
    maintainersAfter: isHeld ? heldMaintainers : undefined,
    trustedMaintainers,
    now: now().getTime(),
    cooldownHours: 0,
    allowedLines: readAllowedLines(pkg.config.CI_PKGBUILD_CHANGE_ALLOW_REGEX),
    tagAnswers: new Map(),
  };
  const approved = await approvedRecipe(git, folder, known, before);
  return judgeWith({ pkgbase, before, after, approved }, context, { ask, read });
}
