import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs } from "../../git/objects.ts";
import { listFolders, readFolders } from "../../workspace/commit.ts";
import { packagePath } from "../../workspace/files.ts";
import { withFreshSrcinfo } from "../../workspace/metadata/recipe-srcinfo.ts";
import { recipeEntries, recipeOf } from "../../workspace/recipe.ts";
import { findPackage, nearestPackage } from "../../workspace/package-names.ts";
import { parseWorkspace, requireValidConfig, type Workspace } from "../../workspace/workspace.ts";

/** A package that is kept in the AUR from here. */
export interface ManagedPackage {
  readonly pkgbase: string;
  /** From the root of the workspace. */
  readonly folder: string;
  /** All but `.CI`, with a `.SRCINFO` that is the PKGBUILD's. */
  readonly files: RecipeFiles;
  /** Whether the AUR is where its updates come from, too. */
  readonly followsAur: boolean;
}

/**
 * The packages with CI_MANAGE_AUR=true as a commit has them, sorted; none where the repository's own CI_MANAGE_AUR
 * isn't true.
 *
 * @param pkgbases these alone; none named: all
 * @throws SluiceError `not-managed` naming every one that isn't, `invalid-config`
 */
export async function managedPackages(
  git: Git,
  commit: string,
  pkgbases: readonly string[],
): Promise<{ workspace: Workspace; managed: readonly ManagedPackage[] }> {
  const folders = await listFolders(git, commit);
  const workspace = parseWorkspace(await readFolders(git, folders));
  requireValidConfig(workspace);
  const names = [...workspace.packages.values()].flatMap(({ pkgbase, config }) =>
    workspace.config.CI_MANAGE_AUR && config.CI_MANAGE_AUR ? [pkgbase] : [],
  );
  const named = pkgbases.map((name) => findPackage(name, workspace.packages) ?? name);
  refuseOthers(workspace, names, named);
  const wanted = named.length === 0 ? names : names.filter((name) => named.includes(name));
  const entries = wanted.flatMap((name) => recipeEntries(folders.entries.get(name)!));
  const blobs = await readBlobs(
    git,
    entries.flatMap(([, { id, size }]) => (size === undefined ? [] : [id])),
  );
  const managed = wanted.map((pkgbase) => {
    const { srcinfo, config } = workspace.packages.get(pkgbase)!;
    return {
      pkgbase,
      folder: packagePath(folders.packagesDir, pkgbase),
      files: withFreshSrcinfo(recipeOf(folders.entries.get(pkgbase)!, blobs), srcinfo),
      followsAur: config.CI_PKGBUILD_SOURCE === "aur",
    };
  });
  return { workspace, managed };
}

function refuseOthers(
  { config, packages }: Workspace,
  managed: readonly string[],
  pkgbases: readonly string[],
): void {
  const others = pkgbases.filter((name) => !managed.includes(name));
  if (others.length === 0) return;
  const why = others.map((name) =>
    packages.has(name) ? name : `${name} (no such package)${nearestPackage(name, packages)}`,
  );
  throw new SluiceError("not-managed", `not managed in the AUR from here: ${why.join(", ")}`, {
    hint: config.CI_MANAGE_AUR
      ? "Set CI_MANAGE_AUR=true in the package's .CI/config, and commit it."
      : "Set CI_MANAGE_AUR=true in .ci/config and in the package's .CI/config, and commit both.",
    facts: { pkgbases: others },
  });
}
