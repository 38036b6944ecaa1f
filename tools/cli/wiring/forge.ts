import type { Platform } from "../../ci/pipeline/platform.ts";
import { SluiceError } from "../../errors.ts";
import type { Forge } from "../../forge/forge.ts";
import { openForge } from "../../forge/open-forge.ts";

/** Without a forge everything goes on but reviews; a run says so where an update waits for one. */
export async function forgeOf({ forge, branch, defaultBranch }: Platform): Promise<Forge | SluiceError> {
  if (!forge) {
    return new SluiceError("no-forge", "there is no forge to open a review on", {
      hint: "Reviews are opened by pipelines on GitLab and GitHub. Here, look at it with `sluice classify`; to accept it, copy upstream's recipe over the package's, commit and push.",
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
