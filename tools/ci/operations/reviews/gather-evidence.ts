import { SluiceError } from "../../../errors.ts";
import { parseBranchName } from "../../../forge/branch-name.ts";
import { fetchBranches } from "../../../forge/branch-reviews.ts";
import type { Forge } from "../../../forge/forge.ts";
import type { EvidenceSection } from "../../../gate/review/evidence.ts";
import { withEvidence } from "../../../gate/review/review-text.ts";
import { pushAtomically } from "../../../git/push.ts";
import { remoteBranches } from "../../../git/remote-branches.ts";
import { durably } from "../../../steps.ts";
import { existingPackages } from "../../../workspace/package-names.ts";
import { remote, stateRef } from "../../../workspace/refs.ts";
import { withSection, type BuildOutcome, type KeptEvidence } from "../../../workspace/state/evidence.ts";
import { commitState } from "../../pipeline/commit-state.ts";
import { planWithRetry } from "../../pipeline/plan-with-retry.ts";
import { readCurrentState, type CurrentState, type OperationPorts } from "../operation.ts";

/** An update that is held, of which something is to be found out. */
export interface HeldRecipe {
  readonly pkgbase: string;
  /** Of the recipe that is held. */
  readonly digest: string;
  /** The newest commit of its branch. */
  readonly commit: string;
  /** Main's. */
  readonly main: string;
}

export interface EvidencePorts extends OperationPorts {
  /** Where reviews are, or why there are none. */
  readonly forge: Forge | SluiceError;
  /** Builds it and says what its packages hold; undefined: nothing is built. */
  readonly build?: (review: HeldRecipe) => Promise<{
    readonly section: EvidenceSection;
    readonly outcome: string;
    readonly result: BuildOutcome;
  }>;
  /** Looks at its sources, before and now; undefined: nobody does. */
  readonly sources?: (review: HeldRecipe) => Promise<EvidenceSection>;
  /** When to begin nothing further. */
  readonly signal: AbortSignal;
}

/** What became of a held update: `built`, or why it couldn't be. */
export interface GatheredEvidence {
  readonly pkgbase: string;
  readonly outcome: string;
}

/**
 * Builds what is held and isn't built yet, looks at sources that nobody looked at, keeps on the branch `state` what came
 * out, and shows it in the reviews. What is kept already is only shown, so an interrupted run is finished by the next.
 *
 * @param only a pkgbase, or a pkgname of one; default: all
 * @throws SluiceError `unknown-package`
 */
export async function gatherEvidence(ports: EvidencePorts, only?: string): Promise<GatheredEvidence[]> {
  const gathered: GatheredEvidence[] = [];
  const present = await readCurrentState(ports);
  for (const { review, sources, build } of await unknownReviews(ports, present, only)) {
    const { pkgbase, commit } = review;
    if (ports.signal.aborted) break;
    if (sources) {
      ports.progress(`looking at the sources of the held update of ${pkgbase}`);
      await keep(ports, review, await sources(review));
      gathered.push({ pkgbase, outcome: "its sources were looked at" });
    }
    if (ports.signal.aborted) break;
    if (build) {
      ports.progress(`building the held update of ${pkgbase}`);
      const { section, outcome, result } = await build(review);
      if (ports.signal.aborted) break;
      await keep(ports, review, section, { built: commit, result });
      gathered.push({ pkgbase, outcome });
    }
  }
  await showInReviews(ports);
  return gathered;
}

interface UnknownReview extends Pick<EvidencePorts, "build" | "sources"> {
  readonly review: HeldRecipe;
}

/** Who names one wants to see it again: what a build that failed needs, or a source, may be there now. */
async function unknownReviews(
  { git, ...ports }: EvidencePorts,
  { refs, side, stateBranch }: CurrentState,
  only: string | undefined,
): Promise<UnknownReview[]> {
  const place = refs.hasRemote ? remote : ".";
  const heads = await remoteBranches(git, place, "update-");
  const { packages } = side.workspace;
  const wanted = new Set(only === undefined ? packages.keys() : existingPackages([only], packages));
  const found = new Map<string, string>();
  const isNamed = only !== undefined;
  const reviews: UnknownReview[] = [];
  for (const [branch, commit] of heads) {
    const { pkgbase = "", digest } = parseBranchName(branch) ?? {};
    const held = stateBranch.state.packages.get(pkgbase)?.held;
    // The digest in a branch's name is the beginning of the whole one.
    if (!wanted.has(pkgbase) || held === undefined || digest === undefined || !held.startsWith(digest))
      continue;
    const kept = stateBranch.state.evidence.get(pkgbase);
    const known = kept?.digest === held ? kept : undefined;
    const sources = isNamed || !hasSource(known) ? ports.sources : undefined;
    const build = isBuilt(known, commit, isNamed) ? undefined : ports.build;
    if (!sources && !build) continue;
    found.set(branch, commit);
    const review = { pkgbase, digest: held, commit, main: refs.head };
    reviews.push({ review, ...(sources && { sources }), ...(build && { build }) });
  }
  await fetchBranches(git, place, found);
  return reviews;
}

function isBuilt(known: KeptEvidence | undefined, commit: string, isNamed: boolean): boolean {
  if (known?.built !== commit) return false;
  return known.result === "built" || (known.result === "failed" && !isNamed);
}

/** Whether somebody looked at the sources of this very update. */
export function hasSource(known: KeptEvidence | undefined): boolean {
  return known?.sections.some(({ title }) => title === "Source") ?? false;
}

/** Where it isn't held any more, nothing is kept. */
async function keep(
  ports: EvidencePorts,
  { pkgbase, digest }: HeldRecipe,
  section: EvidenceSection,
  built: Pick<KeptEvidence, "built" | "result"> = {},
): Promise<void> {
  const { git, platform, progress, checkpoint } = ports;
  await planWithRetry(
    git,
    progress,
    async () => {
      const { refs, side, stateBranch } = await readCurrentState(ports);
      const { state } = stateBranch;
      const isHeld = state.packages.get(pkgbase)?.held === digest;
      const kept = withSection(state.evidence.get(pkgbase), digest, section, built);
      const next = { ...state, evidence: new Map([...state.evidence, [pkgbase, kept]]) };
      const to = isHeld ? await commitState(ports, stateBranch, next, side.workspace.config) : refs.state;
      return { refs, to };
    },
    async ({ refs, to }) => {
      if (to === refs.state) return { kind: "done", outcome: undefined };
      const update = { ref: stateRef, expected: refs.state, to };
      const pushed = await durably(checkpoint, "review evidence kept", () =>
        pushAtomically(git, refs.hasRemote ? remote : ".", [update], platform.pushOptions),
      );
      return pushed.kind === "lost-race" ? pushed : { kind: "done", outcome: undefined };
    },
  );
}

/**
 * Brings the open reviews' texts up to what is known. One that the forge refuses to change stops no other.
 *
 * @throws SluiceError of the forge, where it can't be asked
 */
async function showInReviews(ports: EvidencePorts): Promise<void> {
  const { forge, checkpoint, progress } = ports;
  if (forge instanceof SluiceError || forge.kind === "branches") return;
  const { stateBranch } = await readCurrentState({ ...ports, progress: () => undefined });
  const { evidence } = stateBranch.state;
  if (evidence.size === 0) return;
  for (const { branch, body, number, url } of await forge.openReviews()) {
    const { pkgbase = "", digest = "-" } = parseBranchName(branch) ?? {};
    const kept = evidence.get(pkgbase);
    if (!kept?.digest.startsWith(digest)) continue;
    const wanted = withEvidence(body, kept.sections);
    if (wanted === body.replaceAll("\r\n", "\n")) continue;
    try {
      await durably(checkpoint, "review edited", () => forge.editReview(number, wanted));
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "forge-refused") throw error;
      progress(`${url}: ${error.message}`);
    }
  }
}
