import { join } from "node:path";
import type { Published } from "../../builder/build-request.ts";
import { isOwnDatabase } from "../../ci/needs/needs-look.ts";
import type { EvidencePorts } from "../../ci/operations/reviews/gather-evidence.ts";
import { openGit, type Git } from "../../git/git.ts";
import { buildForReview } from "../../manager/builds/review-build.ts";
import { openBuildingPlace, type BuildingPlace } from "../../manager/installation.ts";
import { openPublicRepository } from "../../manager/remote/public-repository.ts";
import { databasesFor } from "../../upstream/distribution/databases-for.ts";
import { builtFor } from "../../workspace/architectures.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { chooseSandbox, readHead, stopSignal, type InstallationOptions } from "./installation.ts";
import { findRoot } from "./root.ts";
import { requireOwnWorkspace, stateFolder } from "./state-folder.ts";

type ReviewBuilder = Pick<EvidencePorts, "build" | "signal">;

/**
 * Builds held updates here, against what is published in the state folder, or where the database of the workspace's own
 * repository in CI_LIB_DB is. No key is opened for it.
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
    elsewhere: (arch) => publishedElsewhere(settings, arch, join(state, "packages", settings.BUILD_REPO)),
    listen: (chunk) => process.stderr.write(chunk),
    signal: stopSignal(),
  });
}

/** Builds each for the first architecture that it is built for. */
export function buildingReviews(where: {
  readonly git: Git;
  readonly placeOf: (arch: string) => Promise<BuildingPlace> | BuildingPlace;
  /** What is published for an architecture, where it isn't in the place. */
  readonly elsewhere?: (arch: string) => Promise<Published | undefined>;
  readonly listen: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
}): ReviewBuilder {
  const { git, placeOf, elsewhere, listen, signal } = where;
  return {
    signal,
    build: async (review) => {
      const { packages, config } = (await readHead(git)).workspace;
      const pkg = packages.get(review.pkgbase);
      const arch = (pkg && builtFor(pkg, config.CI_ARCHES)[0]) ?? config.CI_ARCHES[0]!;
      return buildForReview(await placeOf(arch), review, {
        signal,
        listen,
        elsewhere: elsewhere && (() => elsewhere(arch)),
      });
    },
  };
}

async function publishedElsewhere(
  config: RepositoryConfig,
  arch: string,
  folder: string,
): Promise<Published | undefined> {
  const own = databasesFor(arch, config.CI_ARCHES, config.CI_LIB_DB).find((url) =>
    isOwnDatabase(url, config),
  );
  return own === undefined ? undefined : openPublicRepository(own, folder);
}
