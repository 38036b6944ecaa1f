/** As a project's source: the workspace's own repository. */
export const ownSource = ".";
