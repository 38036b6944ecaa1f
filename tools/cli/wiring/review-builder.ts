import type { EvidencePorts } from "../../ci/operations/reviews/gather-evidence.ts";
import { openGit } from "../../git/git.ts";
import { buildForReview } from "../../manager/builds/review-build.ts";
import { openBuildingPlace } from "../../manager/installation.ts";
import { builtFor } from "../../workspace/architectures.ts";
import { chooseSandbox, readHead, stopSignal, type InstallationOptions } from "./installation.ts";
import { findRoot } from "./root.ts";
import { requireOwnWorkspace, stateFolder } from "./state-folder.ts";

/**
 * Builds held updates here, against what this machine publishes of the workspace or has of it in the state folder. No
 * key is opened for it. Nothing is opened before there is something to build.
 */
export async function reviewBuilder(
  options: Pick<InstallationOptions, "root" | "state" | "sandbox">,
): Promise<Pick<EvidencePorts, "build" | "signal">> {
  requireOwnWorkspace(options);
  const signal = stopSignal();
  const sandbox = await chooseSandbox(options.sandbox);
  const git = openGit(findRoot(options.root), process.env);
  const { workspace } = await readHead(git);
  return {
    signal,
    build: async (review) => {
      const { CI_ARCHES } = workspace.config;
      const pkg = workspace.packages.get(review.pkgbase);
      const arch = (pkg && builtFor(pkg, CI_ARCHES)[0]) ?? CI_ARCHES[0]!;
      const place = await openBuildingPlace({
        git,
        settings: workspace.config,
        arch,
        state: stateFolder(options),
        sandbox,
      });
      const listen = (chunk: Uint8Array): void => void process.stderr.write(chunk);
      return buildForReview(place, review, { signal, listen });
    },
  };
}
