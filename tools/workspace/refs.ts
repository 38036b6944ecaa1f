/** The remote that a workspace's clones follow. */
export const remote = "origin";

/** The branch with what only machines write. */
export const stateRef = "refs/heads/state";

/** Keeps commits reachable that were scheduled and then replaced: `<day>/<commit>` follows. */
export const keptPrefix = "refs/sluice/scheduled/";
