import { madeFrom } from "../pkgrepo/snapshot.ts";
import { succeeded } from "../queue/outcome.ts";
import type { Submission } from "../queue/queue.ts";
import { composeSchedule, type WantedBuild } from "../schedule/compose.ts";
import type { Schedule, ScheduledRemoval } from "../schedule/schedule.ts";
import type { RecipeIdentity } from "../workspace/identity.ts";
import type { Installation } from "./installation.ts";
import { difference, sameRecipe, type Difference } from "./reconcile.ts";
import type { Revision } from "./revision.ts";

/**
 * Compares what main says with what the package repository was made from, and submits the difference.
 *
 * @returns what was submitted
 */
export async function reconcile(
  installation: Installation,
  revision: Revision,
  readRevision: (commit: string) => Promise<Revision>,
): Promise<Difference> {
  const published = await madeFrom(installation.repository);
  const failed = await failedRecipes(installation, readRevision);
  const { builds, removals } = difference(revision, published, failed);
  const pending = await pendingRecipes(installation, readRevision);
  const fresh = builds.filter(({ pkgbase }) => !sameRecipe(pending.get(pkgbase), revision.identity(pkgbase)));
  await submitBuilds(installation, revision, fresh, removals);
  return { builds: fresh, removals };
}

/** Submits builds of one revision, each with what it needs in the workspace. */
export async function submitBuilds(
  installation: Installation,
  revision: Revision,
  builds: readonly WantedBuild[],
  removals: readonly ScheduledRemoval[] = [],
): Promise<void> {
  if (builds.length + removals.length === 0) return;
  const { config } = revision.workspace;
  const schedule = composeSchedule(
    {
      commit: revision.commit,
      pipeline: { commit: revision.commit, id: null, url: null },
      arch: installation.arch,
      source: config.REPO_NAME,
      target: config.BUILD_REPO,
    },
    revision.tree,
    builds,
    removals,
  );
  await installation.queue.submit(submissionOf(schedule, installation));
}

/** A schedule file as the queue takes it. */
export function submissionOf(
  { version: _version, ...schedule }: Schedule,
  { settings }: Pick<Installation, "settings">,
): Submission {
  return { ...schedule, onDependencyFailure: settings.CI_ON_DEPENDENCY_FAILURE };
}

/** By pkgbase: the recipe with which its last build failed, where that failure still stands. */
async function failedRecipes(
  { queue, settings }: Installation,
  readRevision: (commit: string) => Promise<Revision>,
): Promise<Map<string, RecipeIdentity>> {
  const recipes = new Map<string, RecipeIdentity>();
  for (const record of await queue.packages()) {
    if (record.target !== settings.BUILD_REPO || succeeded(record.outcome)) continue;
    const [last] = await queue.history({ key: record, limit: 1 });
    const identity = last && (await identityIn(last.commit, record.pkgbase, readRevision));
    if (identity) recipes.set(record.pkgbase, identity);
  }
  return recipes;
}

/** By pkgbase: the recipe that is queued or being built. */
async function pendingRecipes(
  { queue, settings }: Installation,
  readRevision: (commit: string) => Promise<Revision>,
): Promise<Map<string, RecipeIdentity>> {
  const recipes = new Map<string, RecipeIdentity>();
  for (const { target, pkgbase, commit } of (await queue.state()).builds) {
    const identity = target === settings.BUILD_REPO && (await identityIn(commit, pkgbase, readRevision));
    if (identity) recipes.set(pkgbase, identity);
  }
  return recipes;
}

/** Undefined also where the commit is no longer in this repository. */
async function identityIn(
  commit: string,
  pkgbase: string,
  readRevision: (commit: string) => Promise<Revision>,
): Promise<RecipeIdentity | undefined> {
  return readRevision(commit).then(
    (revision) => revision.identity(pkgbase),
    () => undefined,
  );
}
