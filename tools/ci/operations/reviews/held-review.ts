import { SluiceError } from "../../../errors.ts";
import { branchPrefix, digestOf, parseBranchName } from "../../../forge/branch-name.ts";
import { fetchBranches } from "../../../forge/branch-reviews.ts";
import type { EvidenceSection } from "../../../gate/review/evidence.ts";
import type { Git } from "../../../git/git.ts";
import type { RefUpdate } from "../../../git/push.ts";
import { remoteBranches } from "../../../git/remote-branches.ts";
import { remote } from "../../../workspace/refs.ts";
import { packagePath } from "../../../workspace/files.ts";
import { existingPackages } from "../../../workspace/package-names.ts";
import type { State } from "../../../workspace/state/state.ts";
import type { Package } from "../../../workspace/workspace.ts";
import { readCurrentState, type CurrentState } from "../operation.ts";

/** The branch on which an update of a package waits for a person. */
export interface HeldReview {
  readonly pkgbase: string;
  readonly branch: string;
  /** Its newest commit, which this clone has. */
  readonly head: string;
}

/** What is held of a package, with all that it is looked at against. */
export interface OpenedReview {
  readonly present: CurrentState;
  readonly review: HeldReview;
  readonly pkg: Package;
  /** The package's folder in a commit. */
  readonly folder: string;
}

/**
 * @param name a pkgbase, or a pkgname of one
 * @throws SluiceError `unknown-package`, `no-review`
 */
export async function openHeldReview(
  ports: Parameters<typeof readCurrentState>[0],
  name: string,
): Promise<OpenedReview> {
  const present = await readCurrentState(ports);
  const { packages, packagesDir } = present.side.workspace;
  const [pkgbase = name] = existingPackages([name], packages);
  const review = await findHeldReview(ports.git, present, pkgbase);
  return { present, review, pkg: packages.get(pkgbase)!, folder: packagePath(packagesDir, pkgbase) };
}

/**
 * The branch of what is held of a package; where several are left, the one that the state knows.
 *
 * @throws SluiceError `no-review` where nothing is held, or it isn't clear what
 */
export async function findHeldReview(
  git: Git,
  { refs, stateBranch }: CurrentState,
  pkgbase: string,
): Promise<HeldReview> {
  const place = refs.hasRemote ? remote : ".";
  const all = await remoteBranches(git, place, branchPrefix);
  const own = [...all].filter(([branch]) => parseBranchName(branch)?.pkgbase === pkgbase);
  const held = stateBranch.state.packages.get(pkgbase)?.held;
  const known = own.filter(([branch]) => held && parseBranchName(branch)?.digest === digestOf(held));
  const [found, another] = known.length > 0 ? known : own;
  if (!found) throw nothingHeld(pkgbase, held !== undefined);
  if (another) throw severalHeld(pkgbase, own);
  const [branch, head] = found;
  await fetchBranches(git, place, new Map([found]));
  return { pkgbase, branch, head };
}

/** What was found out about this very update. */
export function evidenceOf(
  { evidence }: State,
  { pkgbase, branch }: Pick<HeldReview, "pkgbase" | "branch">,
): readonly EvidenceSection[] {
  const kept = evidence.get(pkgbase);
  return kept && kept.digest.slice(0, 16) === parseBranchName(branch)?.digest ? kept.sections : [];
}

function nothingHeld(pkgbase: string, isKnown: boolean): SluiceError {
  return new SluiceError("no-review", `nothing is held of ${JSON.stringify(pkgbase)}`, {
    hint: isKnown
      ? "The state says that an update waits, and its branch is gone: `sluice review refuse` forgets it until upstream moves."
      : "`sluice review` lists what is; `sluice on-schedule` looks at the upstreams.",
    facts: { pkgbase },
    exitCode: 1,
  });
}

function severalHeld(pkgbase: string, branches: readonly (readonly [string, string])[]): SluiceError {
  const names = branches.map(([branch]) => branch);
  return new SluiceError("no-review", `several branches hold an update of ${pkgbase}: ${names.join(", ")}`, {
    hint: "The next `sluice on-schedule` deletes those that are obsolete; or delete them with Git.",
    facts: { pkgbase },
    exitCode: 1,
  });
}

/** What a person saw last of a package's reviews, in this clone alone. */
function shownRef(branch: string): string {
  return `refs/sluice/shown/${branch.replace(/-[0-9a-f]{16}$/, "")}`;
}

/** Remembers that a person has seen this commit. */
export async function rememberShown(git: Git, { branch, head }: HeldReview): Promise<void> {
  await git.text(["update-ref", shownRef(branch), head]);
}

export async function forgetShown(git: Git, { branch }: HeldReview): Promise<void> {
  await git.attempt(["update-ref", "-d", shownRef(branch)]);
}

/**
 * What was seen is what is accepted: a newer revision may have come in between.
 *
 * @throws SluiceError `not-shown`
 */
export async function requireShown(git: Git, { pkgbase, branch, head }: HeldReview): Promise<void> {
  const { ok, stdout: shown } = await git.attempt(["rev-parse", "--verify", "--quiet", shownRef(branch)]);
  if (!ok || shown === head) return;
  throw new SluiceError("not-shown", `${pkgbase}: what waits now isn't what was shown`, {
    hint: `Look again: sluice review show ${pkgbase}`,
    facts: { pkgbase },
    exitCode: 1,
  });
}

/** All branches of a package's reviews go with it. */
export function deletionOf({ branch, head }: HeldReview): RefUpdate {
  return { ref: `refs/heads/${branch}`, expected: head, to: undefined };
}
