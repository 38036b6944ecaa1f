import { buildClassOf } from "../../workspace/build-class.ts";
import { succeeded, type Outcome } from "../../queue/outcome.ts";
import type { Build, FinishedBuild } from "../../queue/queue.ts";
import type { Submission, Submitted } from "../../queue/submission.ts";
import { composeSchedule, type WantedBuild } from "../../schedule/compose.ts";
import type { Schedule, ScheduledRemoval } from "../../schedule/schedule.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { type RecipeIdentity, sameRecipe } from "../../workspace/identity.ts";
import type { Installation } from "../installation.ts";
import { publishedAs } from "./complete-packages.ts";
import { difference, whyGone, type Difference } from "./reconcile.ts";
import { isOfThisRepository } from "./removals.ts";
import type { Revision } from "./revision.ts";

/** What was submitted, and what isn't published all the same. */
export interface Reconciled extends Difference {
  /** Packages that aren't published as main has them: they are in the queue, or ended so with this very recipe. */
  readonly left: readonly { readonly pkgbase: string; readonly outcome: Outcome | "queued" | "blocked" }[];
}

/**
 * Compares what main says with what the package repository was made from, and submits the difference, without
 * what is queued already and what failed with this very recipe.
 */
export async function reconcile(installation: Installation, revision: Revision): Promise<Reconciled> {
  const published = await publishedAs(installation, revision);
  const { builds, removals } = difference(revision, published);
  const state = await installation.queue.state();
  const pending = state.builds.filter((build) => isOfThisRepository(installation, build));
  const going = new Set(
    state.removals
      .filter((removal) => isOfThisRepository(installation, removal))
      .map(({ pkgbase }) => pkgbase),
  );
  const queued = await recipesOf(installation, revision, pending);
  const ended = await endedRecipes(installation, revision);
  // Any change of the folder, such as of the time limit, may let a build succeed that failed.
  const isAtHead = (recipes: Recipes, pkgbase: string): boolean =>
    recipes.get(pkgbase)?.recipeTree === revision.identity(pkgbase)?.recipeTree;
  const fresh = [
    ...builds.filter(({ pkgbase }) => !isAtHead(queued, pkgbase) && !isAtHead(ended, pkgbase)),
    ...fixed(revision, ended, builds),
  ];
  const gone = [...removals, ...abandoned(revision, pending, removals)].filter(
    ({ pkgbase }) => !going.has(pkgbase),
  );
  await submitBuilds(installation, revision, fresh, gone);
  const blocked = pending.filter(({ status }) => status.kind === "blocked");
  const isBlocked = new Set(blocked.map(({ pkgbase }) => pkgbase));
  const left = builds.flatMap(({ pkgbase }): Reconciled["left"] => {
    if (isAtHead(queued, pkgbase))
      return [{ pkgbase, outcome: isBlocked.has(pkgbase) ? "blocked" : "queued" }];
    const outcome = isAtHead(ended, pkgbase) ? ended.get(pkgbase)?.outcome : undefined;
    return outcome === undefined ? [] : [{ pkgbase, outcome }];
  });
  return { builds: fresh, removals: gone, left };
}

/**
 * Submits builds of one revision, each with what it needs in the workspace.
 *
 * @param requests those of the branch `state` that this carries out
 * @param again pkgbases that are built although this very recipe is published
 */
export async function submitBuilds(
  installation: Pick<Installation, "arch"> & {
    readonly queue: Pick<Installation["queue"], "submit">;
    readonly repository: { readonly name: string };
  },
  revision: Revision,
  builds: readonly WantedBuild[],
  removals: readonly ScheduledRemoval[] = [],
  requests?: Submission["requests"],
  again: ReadonlySet<string> = new Set(),
): Promise<readonly Submitted[]> {
  if (builds.length + removals.length === 0 && !requests) return [];
  const { config } = revision.workspace;
  const schedule = composeSchedule(
    {
      commit: revision.commit,
      pipeline: { commit: revision.commit, id: null, url: null },
      arch: installation.arch,
      source: config.REPO_NAME,
      target: installation.repository.name,
    },
    revision.tree,
    builds,
    removals,
  );
  const upstream = new Map(builds.map((build) => [build.pkgbase, build.upstream]));
  const submission = submissionOf(schedule, config);
  return installation.queue.submit({
    ...submission,
    builds: submission.builds.map((build) => ({
      ...build,
      upstream: upstream.get(build.pkgbase),
      ...(again.has(build.pkgbase) && { again: true }),
    })),
    ...(requests && { requests }),
    ...builtElsewhere(revision),
  });
}

/** What is made for any architecture is built for the first one, and builds for others wait for it there. */
export function builtElsewhere({ workspace, arch, isBuiltHere }: Revision): Pick<Submission, "elsewhere"> {
  const [first] = workspace.config.CI_ARCHES;
  if (first === undefined || first === arch) return {};
  const pkgbases = [...workspace.packages.keys()].filter((pkgbase) => !isBuiltHere(pkgbase));
  return { elsewhere: { arch: first, pkgbases } };
}

/**
 * A schedule file as the queue takes it.
 *
 * @param config of the commit that it is about
 */
export function submissionOf(
  { version: _version, ...schedule }: Schedule,
  config: Pick<RepositoryConfig, "CI_ON_DEPENDENCY_FAILURE">,
): Submission {
  return { ...schedule, onDependencyFailure: config.CI_ON_DEPENDENCY_FAILURE };
}

/** By pkgbase; undefined where the commit is no longer in this clone. */
type Recipes = ReadonlyMap<string, (RecipeIdentity & { readonly outcome?: Outcome }) | undefined>;

async function recipesOf(
  { revisions }: Installation,
  { workspace }: Revision,
  builds: readonly Pick<Build, "pkgbase" | "commit">[],
): Promise<Recipes> {
  const recipes = new Map<string, RecipeIdentity | undefined>();
  // By commit, since each is read but once then.
  for (const { pkgbase, commit } of builds.toSorted((a, b) => (a.commit < b.commit ? -1 : 1))) {
    if (workspace.packages.has(pkgbase)) recipes.set(pkgbase, await revisions.identity(commit, pkgbase));
  }
  return recipes;
}

/**
 * With which recipe each package's last build failed or skipped itself, where that still counts. Builds that were
 * lost through no fault of the recipe are tried again.
 */
async function endedRecipes(installation: Installation, revision: Revision): Promise<Recipes> {
  const { queue } = installation;
  const ended: FinishedBuild[] = [];
  for (const record of await queue.packages()) {
    const { outcome } = record;
    const stands = outcome === "skipped" || (!succeeded(outcome) && outcome !== "lost");
    if (
      !stands ||
      !isOfThisRepository(installation, record) ||
      !revision.workspace.packages.has(record.pkgbase)
    )
      continue;
    ended.push(...(await queue.history({ key: record, limit: 1 })));
  }
  const outcomes = new Map(ended.map(({ pkgbase, outcome }) => [pkgbase, outcome]));
  const recipes = await recipesOf(installation, revision, ended);
  return new Map(
    [...recipes].map(([pkgbase, recipe]) => [
      pkgbase,
      recipe && { ...recipe, outcome: outcomes.get(pkgbase)! },
    ]),
  );
}

/** Packages that failed and went back to the recipe that is published: telling the queue so frees what needs them. */
function fixed(
  { workspace: { packages, config }, identity, isBuiltHere }: Revision,
  ended: Recipes,
  builds: readonly WantedBuild[],
): readonly WantedBuild[] {
  const wanted = new Set(builds.map(({ pkgbase }) => pkgbase));
  return [...ended].flatMap(([pkgbase, recipe]) => {
    const pkg = packages.get(pkgbase);
    const isPublished =
      pkg && isBuiltHere(pkgbase) && !wanted.has(pkgbase) && pkg.config.CI_ON_TRIGGER === "";
    if (!isPublished || recipe?.outcome === "skipped" || sameRecipe(recipe, identity(pkgbase))) return [];
    const reason = "it failed, and is back at the recipe that is published";
    return [{ pkgbase, class: buildClassOf(pkg, config), reason }];
  });
}

/** Packages that are queued or being built and that main no longer has. */
function abandoned(
  revision: Revision,
  pending: readonly Build[],
  removals: readonly ScheduledRemoval[],
): readonly ScheduledRemoval[] {
  const { packages } = revision.workspace;
  const known = new Set(removals.map(({ pkgbase }) => pkgbase));
  const gone = pending.filter(({ pkgbase }) => !packages.has(pkgbase) && !known.has(pkgbase));
  return [...new Map(gone.map((build) => [build.pkgbase, build])).values()].map(({ pkgbase, pkgnames }) => ({
    pkgbase,
    pkgnames: [...pkgnames],
    reason: whyGone(revision, pkgbase),
  }));
}
