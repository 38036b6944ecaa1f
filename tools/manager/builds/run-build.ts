import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildRequest } from "../../builder/build-request.ts";
import type { Published } from "../../builder/build-request.ts";
import type { BuildLog } from "../../builder/log.ts";
import type { Unfinished } from "../../builder/stage.ts";
import type { MadeFrom, Snapshot } from "../../pkgrepo/snapshot.ts";
import type { Build, Result } from "../../queue/queue.ts";
import { packagePath } from "../../workspace/files.ts";
import { type RecipeIdentity, type RecordedIdentity, sameRecipe } from "../../workspace/identity.ts";
import type { Package } from "../../workspace/workspace.ts";
import { keepFinished, type FinishedPackages } from "./finished.ts";
import type { BuildingPlace } from "../installation.ts";
import { explainSystemError } from "../machine.ts";
import { isComplete } from "../reconcile/complete-packages.ts";
import type { Revision } from "../reconcile/revision.ts";

/** What one build is made from. */
export interface Inputs {
  readonly revision: Revision;
  readonly pkg: Package;
  readonly identity: RecipeIdentity;
  /** What is published now, where anything is. */
  readonly published: Snapshot | undefined;
  /** The packages that it may use. */
  readonly available: Published;
  readonly signal: AbortSignal;
}

/** How a build ended that made nothing to publish. */
export type Unbuilt = Omit<Result, "retry"> & Pick<Unfinished, "reason">;

/**
 * Builds a package and keeps what came out, or says how that ended.
 *
 * @throws SluiceError of the machine, such as `disk-full`
 */
export async function runBuild(
  place: BuildingPlace,
  build: Pick<Build, "id" | "pkgbase" | "commit">,
  inputs: Inputs,
  log: BuildLog,
): Promise<FinishedPackages | Unbuilt> {
  const { folders, sandbox, checkpoint } = place;
  const { id, pkgbase, commit } = build;
  const { identity, published } = inputs;
  const folder = await mkdtemp(join(folders.work, `${id}-`));
  // Where nothing is mounted elsewhere, the build's own user reads the recipe and its sources here.
  if (sandbox.name === "host") await chmod(folder, 0o755);
  try {
    const result = await place.build(requestOf(folder, place, build, inputs), sandbox, log);
    if (result.kind !== "built") {
      const { kind, message, reason } = result;
      return { outcome: kind, message, ...(reason && { reason }) };
    }
    const { files, pkgnames, version, vcs } = result;
    if (
      published &&
      isCurrent(place, published, pkgbase, identity) &&
      hasVersion(published, pkgbase, version)
    ) {
      return { outcome: "already-built", message: `upstream is still at ${version}, which is published` };
    }
    const madeFrom: MadeFrom = { commit, ...identity, vcs };
    const packages = { build: id, madeFrom, pkgnames, version, files };
    return await keepFinished(folders.finished, pkgbase, packages, checkpoint);
  } catch (error) {
    throw explainSystemError(error, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether this very recipe is published, with all its files. */
export function isCurrent(
  { repository }: Pick<BuildingPlace, "repository">,
  published: Snapshot,
  pkgbase: string,
  identity: RecordedIdentity,
): boolean {
  return sameRecipe(published.madeFrom.get(pkgbase), identity) && isComplete(repository, published, pkgbase);
}

function requestOf(
  folder: string,
  { git, arch, pacmanConf, extra, folders, resources }: BuildingPlace,
  { pkgbase, commit }: Pick<Build, "pkgbase" | "commit">,
  { revision, pkg, available, signal }: Inputs,
): BuildRequest {
  return {
    pkgbase,
    git,
    commit,
    path: packagePath(revision.workspace.packagesDir, pkgbase),
    arch,
    srcinfo: pkg.srcinfo,
    config: pkg.config,
    settings: revision.workspace.config,
    published: available,
    pacmanConf,
    extra,
    keyringCache: join(folders.state, "keyrings"),
    folder,
    sourceCache: join(folders.sources, pkgbase),
    resources,
    signal,
  };
}

/** A package that another pkgbase is going to make may still be there in its old version. */
export function hasVersion({ entries, madeFrom }: Snapshot, pkgbase: string, version: string): boolean {
  const declared = madeFrom.get(pkgbase)?.pkgnames ?? [];
  return entries
    .filter(({ base, name }) => base === pkgbase && declared.includes(name))
    .every((entry) => entry.version === version);
}
