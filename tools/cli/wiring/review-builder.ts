import type { EvidencePorts } from "../../ci/operations/reviews/gather-evidence.ts";
import { openGit, type Git } from "../../git/git.ts";
import { buildForReview } from "../../manager/builds/review-build.ts";
import { openBuildingPlace, type BuildingPlace } from "../../manager/installation.ts";
import { builtFor } from "../../workspace/architectures.ts";
import { chooseSandbox, readHead, stopSignal, type InstallationOptions } from "./installation.ts";
import { findRoot } from "./root.ts";
import { requireOwnWorkspace, stateFolder } from "./state-folder.ts";

type ReviewBuilder = Pick<EvidencePorts, "build" | "signal">;

/**
 * Builds held updates here, against what is published in the state folder. No key is opened for it.
 *
 * @throws SluiceError where nothing can be isolated here
 */
export async function reviewBuilder(
  options: Pick<InstallationOptions, "root" | "state" | "sandbox">,
): Promise<ReviewBuilder> {
  requireOwnWorkspace(options);
  const git = openGit(findRoot(options.root), process.env);
  const { config: settings } = (await readHead(git)).workspace;
  const [state, sandbox] = [stateFolder(options), await chooseSandbox(options.sandbox)];
  return buildingReviews({
    git,
    placeOf: (arch) => openBuildingPlace({ git, settings, arch, state, sandbox }),
    listen: (chunk) => process.stderr.write(chunk),
    signal: stopSignal(),
  });
}

/** Builds each for the first architecture that it is built for. */
export function buildingReviews(where: {
  readonly git: Git;
  readonly placeOf: (arch: string) => Promise<BuildingPlace> | BuildingPlace;
  readonly listen: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
}): ReviewBuilder {
  const { git, placeOf, listen, signal } = where;
  return {
    signal,
    build: async (review) => {
      const { packages, config } = (await readHead(git)).workspace;
      const pkg = packages.get(review.pkgbase);
      const [first] = config.CI_ARCHES;
      const arch = pkg && builtFor(pkg, config.CI_ARCHES)[0];
      return buildForReview(await placeOf(arch ?? first!), review, { signal, listen });
    },
  };
}
