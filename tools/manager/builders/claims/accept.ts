import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkArrivals } from "../../../builder/arrivals.ts";
import type { BuildLog } from "../../../builder/log.ts";
import type { Build, Result } from "../../../queue/queue.ts";
import { packagePath } from "../../../workspace/files.ts";
import { keepFinished, type FinishedPackages } from "../../builds/finished.ts";
import type { Inputs } from "../../builds/run-build.ts";
import type { Announcement } from "../../builder-protocol.ts";
import type { Installation } from "../../installation.ts";
import { refused } from "../landing.ts";

/**
 * Takes packages from the landing zone that a builder elsewhere made, once they are found to be what the scheduled
 * commit declares, and keeps them for being published as those are kept that are built here.
 *
 * @param arrived the folder that they are in
 * @throws SluiceError `artefact-refused`, `arrival-…`
 */
export async function acceptPackages(
  installation: Installation,
  build: Build,
  inputs: Pick<Inputs, "revision" | "pkg" | "identity" | "signal">,
  { arrived, announced }: { readonly arrived: string; readonly announced: Announcement },
  log: BuildLog,
): Promise<FinishedPackages | Result> {
  const { folders, git, arch, sandbox, checkpoint } = installation;
  const { id, pkgbase, commit } = build;
  const { revision, pkg, identity, signal } = inputs;
  const folder = await mkdtemp(join(folders.work, `${id}-`));
  if (sandbox.name === "host") await chmod(folder, 0o755);
  try {
    const packages = join(folder, "packages");
    await mkdir(packages);
    for (const { name } of announced.files) {
      const path = join(packages, basename(name));
      await rename(join(arrived, basename(name)), path);
      // The sandbox's user reads it.
      await chmod(path, 0o644);
    }
    const checked = await checkArrivals(
      {
        pkgbase,
        git,
        commit,
        path: packagePath(revision.workspace.packagesDir, pkgbase),
        arch,
        srcinfo: pkg.srcinfo,
        config: pkg.config,
        folder,
        signal,
      },
      { folder: packages, files: announced.files.map(({ name }) => name), version: announced.version },
      sandbox,
      log,
    );
    // What a check ends with is no build's failure: the packages aren't to be had.
    if ("kind" in checked) throw refused(checked.message);
    const { pkgnames, version } = checked.declared;
    const madeFrom = { commit, ...identity, vcs: announced.vcs };
    const made = { build: id, madeFrom, pkgnames, version, files: checked.files };
    return await keepFinished(folders.finished, pkgbase, made, checkpoint);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
