import type { FetchOptions } from "../../manager/main-branch.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";

/** How a workspace's remote is followed. */
export function fetchOptions({
  BUILDER_FETCH_INTERVAL,
  GIT_AUTHOR_EMAIL,
}: Pick<RepositoryConfig, "BUILDER_FETCH_INTERVAL" | "GIT_AUTHOR_EMAIL">): FetchOptions {
  return { everyMs: 1000 * BUILDER_FETCH_INTERVAL, pipelineEmail: GIT_AUTHOR_EMAIL };
}
