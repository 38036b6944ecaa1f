import { succeeded } from "../queue/outcome.ts";
import type { Submission, Submitted } from "../queue/queue.ts";
import { composeSchedule, type WantedBuild } from "../schedule/compose.ts";
import type { Schedule, ScheduledRemoval } from "../schedule/schedule.ts";
import type { RepositoryConfig } from "../workspace/config.ts";
import type { RecipeIdentity } from "../workspace/identity.ts";
import type { Installation } from "./installation.ts";
import { intactPackages } from "./intact.ts";
import { difference, sameRecipe, type Difference } from "./reconcile.ts";
import { isOurs } from "./removals.ts";
import type { Revision } from "./revision.ts";

/**
 * Compares what main says with what the package repository was made from, and submits the difference, without
 * what is queued already and what failed with this very recipe.
 *
 * @returns what was submitted
 */
export async function reconcile(installation: Installation, revision: Revision): Promise<Difference> {
  const { builds, removals } = difference(revision, await intactPackages(installation.repository));
  const failed = await failedRecipes(installation, revision);
  const pending = await pendingRecipes(installation, new Set(builds.map(({ pkgbase }) => pkgbase)));
  const isAtHead = (recipes: Recipes, pkgbase: string): boolean =>
    sameRecipe(recipes.get(pkgbase), revision.identity(pkgbase));
  const fresh = [
    ...builds.filter(({ pkgbase }) => !isAtHead(failed, pkgbase) && !isAtHead(pending, pkgbase)),
    ...mended(revision, failed, builds),
  ];
  await submitBuilds(installation, revision, fresh, removals);
  return { builds: fresh, removals };
}

/** Submits builds of one revision, each with what it needs in the workspace. */
export async function submitBuilds(
  installation: Installation,
  revision: Revision,
  builds: readonly WantedBuild[],
  removals: readonly ScheduledRemoval[] = [],
): Promise<readonly Submitted[]> {
  if (builds.length + removals.length === 0) return [];
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
  return installation.queue.submit(submissionOf(schedule, config));
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
type Recipes = ReadonlyMap<string, RecipeIdentity | undefined>;

/**
 * With which recipe each package's last build failed, where that failure still stands. Builds that were lost
 * through no fault of the recipe are tried again.
 */
async function failedRecipes(installation: Installation, { workspace }: Revision): Promise<Recipes> {
  const { queue, revisions } = installation;
  const recipes = new Map<string, RecipeIdentity | undefined>();
  for (const record of await queue.packages()) {
    const { pkgbase, outcome } = record;
    const isFailed = !succeeded(outcome) && outcome !== "lost" && isOurs(installation, record);
    if (!isFailed || !workspace.packages.has(pkgbase)) continue;
    const [last] = await queue.history({ key: record, limit: 1 });
    if (last) recipes.set(pkgbase, await revisions.identity(last.commit, pkgbase));
  }
  return recipes;
}

/** Packages that failed and went back to the recipe that is published: telling the queue so frees what needs them. */
function mended(revision: Revision, failed: Recipes, builds: readonly WantedBuild[]): readonly WantedBuild[] {
  const { packages, config } = revision.workspace;
  const wanted = new Set(builds.map(({ pkgbase }) => pkgbase));
  return [...failed].flatMap(([pkgbase, recipe]) => {
    const pkg = packages.get(pkgbase);
    const isMended = pkg && !wanted.has(pkgbase) && !sameRecipe(recipe, revision.identity(pkgbase));
    if (!isMended || pkg.config.CI_ON_TRIGGER !== "") return [];
    const reason = "it failed, and is back at the recipe that is published";
    return [{ pkgbase, class: pkg.config.BUILDER_CLASS || config.CI_DEFAULT_CLASS || null, reason }];
  });
}

/** With which recipe each package is queued or being built. */
async function pendingRecipes(installation: Installation, wanted: ReadonlySet<string>): Promise<Recipes> {
  const { queue, revisions } = installation;
  const recipes = new Map<string, RecipeIdentity | undefined>();
  for (const build of (await queue.state()).builds) {
    const { pkgbase, commit } = build;
    if (!wanted.has(pkgbase) || !isOurs(installation, build)) continue;
    recipes.set(pkgbase, await revisions.identity(commit, pkgbase));
  }
  return recipes;
}
