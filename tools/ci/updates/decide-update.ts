import { SluiceError } from "../../errors.ts";
import type { RecipeFile } from "../../workspace/recipe-changes.ts";
import { readAllowedLines } from "../../gate/files/allowed-lines.ts";
import { letsSomethingThrough } from "../../gate/approved.ts";
import {
  judgeWith,
  type Answers,
  type JudgeContext,
  type Judgement,
  type RecipeFiles,
  type Update,
} from "../../gate/judge.ts";
import type { Sighting, UpstreamRecipe } from "../../upstream/upstream.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { noted, withMaintainers } from "../../workspace/state/package-past.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import type { Package } from "../../workspace/workspace.ts";
import { withoutIgnoreFiles } from "./recipe-in-commit.ts";
import { digestOfRecipe, isSameRecipe, takeRecipe } from "./take-recipe.ts";

/** What becomes of a package's recipe in this run, and what is remembered of it then. */
export type UpdateDecision = { readonly pkgbase: string } & (
  | {
      readonly kind: "unchanged";
      readonly state: PackageState;
      /**
       * `caught-up`: main has what upstream has. `quiet`: nothing new was seen, and nothing waits for a person as far
       * as the state knows. `held`: what was opened for review before still waits.
       */
      readonly standing: "caught-up" | "quiet" | "held";
    }
  | { readonly kind: "take"; readonly update: JudgedUpdate; readonly state: PackageState }
  /** `state` counts only once the update is up for review: until then the next run finds it again. */
  | {
      readonly kind: "hold";
      readonly update: JudgedUpdate;
      readonly state: PackageState;
      readonly why: string;
    }
  /** A minor update that waits for CI_COOLDOWN, until a moment in milliseconds since 1970. */
  | {
      readonly kind: "wait";
      readonly update: JudgedUpdate;
      readonly state: PackageState;
      readonly until: number;
    }
  /** `skipped`: the next run looks again. `problem`: a person has to do something. */
  | { readonly kind: "skipped" | "problem"; readonly error: SluiceError }
);

export interface JudgedUpdate {
  readonly before: RecipeFiles;
  readonly after: RecipeFiles;
  /** What is taken of it. */
  readonly files: readonly RecipeFile[];
  readonly digest: string;
  readonly judgement: Judgement;
  readonly origin: UpstreamRecipe;
  readonly maintainersBefore: readonly string[] | undefined;
}

/** A package and what was found for it. */
export interface Found {
  readonly pkg: Package;
  /** The recipe as main has it. */
  readonly main: RecipeFiles;
  /** That which a person approved last, where it isn't main's; see `Update`. */
  readonly approved: Update["approved"];
  readonly sighting: Sighting;
  readonly state: PackageState;
}

export interface DecisionContext {
  /** Main's commit. */
  readonly head: string;
  readonly config: RepositoryConfig;
  readonly architectures: readonly string[];
  readonly isInstallable: (pkgbase: string) => JudgeContext["isInstallable"];
  readonly trustedMaintainers: ReadonlySet<string>;
  readonly now: number;
  readonly ask: Answers["ask"];
  readonly read: Answers["read"];
}

/** Decides about one package's recipe. It never throws for what upstream holds. */
export async function decideUpdate(found: Found, context: DecisionContext): Promise<UpdateDecision> {
  const { pkgbase } = found.pkg;
  try {
    return { pkgbase, ...(await decide(found, context)) };
  } catch (error) {
    if (error instanceof SluiceError) return { pkgbase, kind: "problem", error };
    throw error;
  }
}

type Decision<T = UpdateDecision> = T extends unknown ? Omit<T, "pkgbase"> : never;

async function decide(found: Found, context: DecisionContext): Promise<Decision> {
  const { pkg, main, sighting, state } = found;
  if (sighting.kind === "unavailable") return { kind: "skipped", error: sighting.error };
  if (sighting.kind === "problem") return { kind: "problem", error: sighting.error };
  const seen = {
    ...state,
    timestamp: sighting.seen.timestamp ?? state.timestamp,
    revision: sighting.seen.revision ?? state.revision,
  };
  const present = takeRecipe(pkg.pkgbase, main);
  if (sighting.kind === "unchanged") {
    return settle(seen, present, sighting.maintainers, context.now);
  }
  const { recipe: origin } = sighting;
  const files = takeRecipe(pkg.pkgbase, origin.files);
  if (isSameRecipe(present, withoutNeedlessSrcinfo(present, files))) {
    const wasHeld = state.held !== undefined && state.held === digestOfRecipe(present);
    const settled = withoutReview(wasHeld ? noted(seen, "accepted", context.now) : seen);
    const maintainers = state.maintainers ?? origin.maintainers;
    return { kind: "unchanged", state: { ...settled, maintainers }, standing: "caught-up" };
  }
  const update = await judgeUpdate(found, origin, files, context);
  return decideJudged(found, update, seen, context);
}

/** Where main does without a `.SRCINFO`, that upstream has one is no update. */
function withoutNeedlessSrcinfo(
  present: readonly RecipeFile[],
  files: readonly RecipeFile[],
): readonly RecipeFile[] {
  const hasOne = present.some(({ path }) => path === ".SRCINFO");
  return hasOne ? files : files.filter(({ path }) => path !== ".SRCINFO");
}

/** Nothing new upstream; what waited for a person may have come to main meanwhile. */
function settle(
  state: PackageState,
  present: readonly RecipeFile[],
  maintainers: readonly string[] | undefined,
  now: number,
): Decision {
  if (state.held === undefined) {
    // Its maintainers at the first look are those that the workspace took it from.
    const pinned = { ...state, maintainers: state.maintainers ?? maintainers };
    return { kind: "unchanged", state: pinned, standing: "quiet" };
  }
  // Who brought what is held is accepted by the person who accepts it, and not before.
  if (digestOfRecipe(present) !== state.held) return { kind: "unchanged", state, standing: "held" };
  const accepted = acceptedState(state, now);
  const known = { ...accepted, maintainers: accepted.maintainers ?? maintainers };
  return { kind: "unchanged", state: known, standing: "caught-up" };
}

/** What is remembered once somebody took what was held into main, along with who brought it. */
export function acceptedState(state: PackageState, now: number): PackageState {
  const accepted = withMaintainers(state, state.heldMaintainers ?? state.maintainers, now);
  return withoutReview(noted(accepted, "accepted", now));
}

/** What is remembered of a package once nothing of it waits for a person. */
export function withoutReview(state: PackageState): PackageState {
  return { ...state, held: undefined, heldMaintainers: undefined, refused: undefined, found: undefined };
}

async function judgeUpdate(
  { pkg, main, approved, state, sighting }: Found,
  origin: UpstreamRecipe,
  files: readonly RecipeFile[],
  { config, architectures, isInstallable, trustedMaintainers, now, ask, read }: DecisionContext,
): Promise<JudgedUpdate> {
  const { pkgbase } = pkg;
  const [before, after] = [main, origin.files].map(withoutIgnoreFiles) as [RecipeFiles, RecipeFiles];
  const digest = digestOfRecipe(files);
  const judgement = await judgeWith(
    { pkgbase, before, after, approved },
    {
      architectures,
      isInstallable: isInstallable(pkgbase),
      maintainersBefore: state.maintainers,
      maintainersAfter: origin.maintainers,
      pinnedMaintainers: pkg.config.CI_AUR_MAINTAINERS,
      trustedMaintainers,
      metadataTime: origin.metadataTime,
      recipeCommitTime: publishedAt(origin, sighting, state, digest, now),
      now,
      cooldownHours: config.CI_COOLDOWN,
      allowedLines: readAllowedLines(pkg.config.CI_PKGBUILD_CHANGE_ALLOW_REGEX),
      tagAnswers: new Map(),
    },
    { ask, read },
  );
  return { before, after, files, digest, judgement, origin, maintainersBefore: state.maintainers };
}

/**
 * Since when a recipe can be known to be there. A commit's own date is its author's to choose, so the AUR's
 * LastModified counts where it is later, and elsewhere the run that found it first.
 */
function publishedAt(
  { committedAt = 0 }: UpstreamRecipe,
  sighting: Sighting,
  state: PackageState,
  digest: string,
  now: number,
): number {
  const { timestamp } = sighting.kind === "recipe" ? sighting.seen : {};
  if (timestamp !== undefined) return Math.max(committedAt, timestamp * 1000);
  return Math.max(committedAt, state.found?.digest === digest.slice(0, 16) ? state.found.at * 1000 : now);
}

function decideJudged(
  { pkg, state, approved: earlier }: Found,
  update: JudgedUpdate,
  seen: PackageState,
  { config, head, now }: DecisionContext,
): Decision {
  const { judgement, digest, origin } = update;
  const why = whyHeld(judgement, pkg, config);
  if (why !== undefined) {
    const review = { held: digest, heldMaintainers: origin.maintainers, refused: state.refused };
    const known = state.held === digest ? seen : noted(seen, "held", now);
    return { kind: "hold", update, why, state: { ...withoutReview(known), ...review } };
  }
  if (judgement.holdUntil !== undefined && judgement.holdUntil > now) {
    const isKnown = state.found?.digest === digest.slice(0, 16);
    const at = Math.floor(now / 1000);
    const first = isKnown ? state.found : { digest: digest.slice(0, 16), at };
    return { kind: "wait", update, until: judgement.holdUntil, state: { ...state, found: first } };
  }
  // What was let through counts until a person has changed or accepted the recipe.
  const commit = earlier === undefined ? head : state.approved!.commit;
  const isApproved = earlier === undefined && !letsSomethingThrough(judgement);
  const approved = isApproved ? undefined : { commit, made: digest.slice(0, 16) };
  const taken = withMaintainers(withoutReview(seen), origin.maintainers ?? state.maintainers, now);
  return { kind: "take", update, state: { ...taken, approved } };
}

/** Why a judged update waits for a person; undefined where it doesn't. */
export function whyHeld(
  { verdict }: Pick<Judgement, "verdict">,
  { config: pkg }: Package,
  config: RepositoryConfig,
): string | undefined {
  if (verdict === "dangerous") return "dangerous";
  if (verdict === "major" && config.CI_HUMAN_REVIEW) return "major";
  return pkg.CI_NVCHECKER && config.CI_NVCHECKER_REVIEW ? "found by nvchecker" : undefined;
}
