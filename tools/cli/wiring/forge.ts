import { currentBranch } from "../../ci/pipeline/commit-range.ts";
import type { Platform } from "../../ci/pipeline/platform.ts";
import { requireRepository } from "../../ci/pipeline/workspace-refs.ts";
import { SluiceError } from "../../errors.ts";
import { branchReviews } from "../../forge/branch-reviews.ts";
import type { Forge } from "../../forge/forge.ts";
import { openForge } from "../../forge/open-forge.ts";
import { remote } from "../../workspace/refs.ts";
import type { Git } from "../../git/git.ts";
import { hasRemote } from "../../git/push.ts";

/**
 * Where updates are reviewed: on the forge, or without one by their branches; or why neither can be.
 *
 * @throws SluiceError `no-commits` where there is no Git repository
 */
export async function reviewPlace(git: Git, platform: Platform): Promise<Forge | SluiceError> {
  if (platform.forge) return forgeOf(platform);
  await requireRepository(git);
  const branch = await currentBranch(git, platform.branch);
  const targetBranch = branch?.replace(/^refs\/heads\//, "") ?? platform.defaultBranch ?? "main";
  return branchReviews(git, { remote: (await hasRemote(git, remote)) ? remote : ".", targetBranch });
}

/** The forge, or why there is none. */
export async function forgeOf({ forge, branch, defaultBranch }: Platform): Promise<Forge | SluiceError> {
  if (!forge) {
    return new SluiceError("no-forge", "there is no forge to open a review on", {
      hint: "Pipelines on GitLab and GitHub open reviews.",
      exitCode: 1,
    });
  }
  const { kind, apiUrl, project } = forge;
  const targetBranch = branch ?? defaultBranch ?? "main";
  try {
    return await openForge(kind, { apiUrl, project, token: process.env["ACCESS_TOKEN"], targetBranch });
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}
