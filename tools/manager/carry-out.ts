import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../builder/build.ts";
import { openLog, type BuildLog } from "../builder/log.ts";
import type { SluiceError } from "../errors.ts";
import { folderOf } from "../pkgrepo/repository.ts";
import { publish } from "../pkgrepo/publish.ts";
import { readSnapshot, type MadeFrom, type Snapshot } from "../pkgrepo/snapshot.ts";
import type { Build, Result } from "../queue/queue.ts";
import { followsUpstream } from "../workspace/identity.ts";
import { packagePath } from "../workspace/files.ts";
import type { Package } from "../workspace/workspace.ts";
import { dropFinished, keepFinished, takeFinished, type FinishedPackages } from "./finished.ts";
import type { Installation } from "./installation.ts";
import { sameRecipe } from "./reconcile.ts";
import type { Revision } from "./revision.ts";

/** Where the log of one build lies, below the folder of logs. */
export function logName({ pkgbase, id }: Pick<Build, "pkgbase" | "id">): string {
  return `${pkgbase}/${id}.log`;
}

/**
 * Builds and publishes one claimed build. What is published from this very recipe isn't built again, and what an
 * earlier run had built and not published is only published.
 */
export async function carryOut(
  installation: Installation,
  build: Build,
  revision: Revision,
  signal: AbortSignal,
  listen?: (chunk: Uint8Array) => void,
): Promise<Result> {
  const log = openLog(join(installation.folders.logs, logName(build)), listen);
  try {
    log.note(`${build.pkgbase}, commit ${build.commit}: ${build.reasons.join("; ")}.`);
    const result = await decide(installation, build, revision, signal, log);
    log.note(`${result.outcome}${result.message ? `: ${result.message}` : ""}.`);
    return result;
  } finally {
    log.close();
  }
}

async function decide(
  installation: Installation,
  build: Build,
  revision: Revision,
  signal: AbortSignal,
  log: BuildLog,
): Promise<Result> {
  const { pkgbase, commit } = build;
  const pkg = revision.workspace.packages.get(pkgbase);
  const identity = revision.identity(pkgbase);
  if (!pkg || !identity) {
    return { outcome: "failed", message: `there is no package ${pkgbase} in commit ${commit.slice(0, 10)}` };
  }
  const published = await readSnapshot(installation.repository);
  if (sameRecipe(published?.madeFrom.get(pkgbase), identity) && !followsUpstream(pkg)) {
    return {
      outcome: "already-built",
      message: "this very recipe is published; CI_PACKAGE_BUMP builds it anew",
    };
  }
  const wanted = { commit, ...identity };
  const kept = await takeFinished(installation.folders.finished, pkgbase, wanted);
  if (kept) return publishFinished(installation, build, kept);

  const folder = await mkdtemp(join(installation.folders.work, `${build.id}-`));
  try {
    const result = await buildIn(folder, installation, build, { revision, pkg, published, signal }, log);
    if (result.kind !== "built") return { outcome: result.kind, message: result.message };
    const { files, pkgnames, version, vcs } = result;
    const madeFrom: MadeFrom = { ...wanted, vcs };
    if (sameRecipe(published?.madeFrom.get(pkgbase), identity) && isPublished(published, pkgbase, version)) {
      return { outcome: "already-built", message: `upstream is still at ${version}, which is published` };
    }
    const finished = await keepFinished(installation.folders.finished, pkgbase, {
      madeFrom,
      pkgnames,
      version,
      files,
    });
    return await publishFinished(installation, build, finished);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function buildIn(
  folder: string,
  { git, settings, arch, sandbox, pacmanConf, repository, folders }: Installation,
  { pkgbase, commit }: Build,
  {
    revision,
    pkg,
    published,
    signal,
  }: {
    revision: Revision;
    pkg: Package;
    published: Snapshot | undefined;
    signal: AbortSignal;
  },
  log: BuildLog,
): ReturnType<typeof buildPackage> {
  return buildPackage(
    {
      pkgbase,
      git,
      commit,
      path: packagePath(revision.workspace.packagesDir, pkgbase),
      arch,
      srcinfo: pkg.srcinfo,
      config: pkg.config,
      settings,
      published: { entries: published?.entries ?? [], folder: folderOf(repository).folder },
      pacmanConf,
      folder,
      sourceCache: join(folders.sources, pkgbase),
      signal,
    },
    sandbox,
    log,
  );
}

async function publishFinished(
  { repository, folders, now }: Installation,
  { pkgbase }: Build,
  { files, pkgnames, version, madeFrom }: FinishedPackages,
): Promise<Result> {
  const [outcome] = await publish(repository, [{ pkgbase, pkgnames, files, madeFrom }], now());
  await dropFinished(folders.finished, pkgbase);
  if (outcome?.kind === "refused") return { outcome: "failed", message: describe(outcome.error) };
  if (outcome?.kind === "unchanged") return { outcome: "already-built", message: `${version} is published` };
  return { outcome: "built", message: version };
}

function isPublished(published: Snapshot | undefined, pkgbase: string, version: string): boolean {
  const own = published?.entries.filter(({ base }) => base === pkgbase) ?? [];
  return own.length > 0 && own.every((entry) => entry.version === version);
}

function describe(error: SluiceError): string {
  return error.hint ? `${error.message} ${error.hint}` : error.message;
}
