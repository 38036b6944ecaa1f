import { existsSync } from "node:fs";
import { join } from "node:path";
import { howToRelease } from "../../builder/versions/known-version.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import type { MadeFromRecord, Snapshot } from "../../pkgrepo/snapshot.ts";
import { notStarted } from "../../queue/outcome.ts";
import { followsUpstream, sameRecipe, type RecipeIdentity } from "../../workspace/identity.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { BuildingPlace } from "../installation.ts";
import type { Revision } from "../reconcile/revision.ts";
import type { FinishedPackages } from "./finished.ts";

/**
 * Packages that left the database and were made from this very recipe, where their files are still kept: what a
 * revert takes. A recipe that follows upstream says nothing of what it made.
 */
export function keptFromBefore(
  { repository }: BuildingPlace,
  { retired }: Snapshot,
  build: number,
  pkg: Package,
  identity: RecipeIdentity,
): FinishedPackages | undefined {
  if (followsUpstream(pkg)) return undefined;
  const { folder } = folderOf(repository);
  const fitting = [...retired]
    .flatMap(([filename, { since, was }]) =>
      was?.pkgbase === pkg.pkgbase && sameRecipe(was.madeFrom, identity) ? [{ ...was, filename, since }] : [],
    )
    .sort((a, b) => (a.since < b.since ? 1 : -1));
  const [newest] = fitting;
  if (!newest) return undefined;
  // A recipe that sets its version itself may have made several.
  const files = fitting
    .filter(({ version }) => version === newest.version)
    .map(({ filename }) => join(folder, filename));
  if (!files.every((file) => existsSync(file))) return undefined;
  const { pkgnames, ...madeFrom } = newest.madeFrom;
  return { build, madeFrom: { ...madeFrom, ...identity }, pkgnames, version: newest.version, files };
}

/**
 * Why a build is not started: what it would make has the name of a file that is there already, made from another recipe.
 * Clients and mirrors have that one, so it keeps its name.
 */
export async function nameIsTaken(
  { repository }: BuildingPlace,
  published: Snapshot,
  revision: Revision,
  pkg: Package,
): Promise<string | undefined> {
  const { pkgbase } = pkg;
  const record = published.madeFrom.get(pkgbase);
  // What is lost of this very recipe can only be built again.
  if (sameRecipe(record, revision.identity(pkgbase))) return undefined;
  const { pkgnames } = revision.tree.packages.get(pkgbase)!;
  const entries = published.entries.filter(({ name }) => pkgnames.includes(name));
  const left = [...published.retired].filter(([filename]) =>
    pkgnames.some((name) => filename.startsWith(`${name}-`)),
  );
  // Git is asked for the version only where it matters.
  if (entries.length === 0 && left.length === 0) return undefined;
  const version = await revision.knownVersion(pkgbase);
  if (version === undefined) return undefined;
  const { folder } = folderOf(repository);
  const named = entries.flatMap((entry) =>
    entry.version === version ? [{ filename: entry.filename, record }] : [],
  );
  const retired = left.flatMap(([filename, { was }]) =>
    pkgnames.some(
      (name) =>
        filename.startsWith(`${name}-${version}-`) &&
        !filename.slice(name.length + version.length + 2).includes("-"),
    )
      ? [{ filename, record: was?.madeFrom }]
      : [],
  );
  const taken = [...named, ...retired].find(({ filename }) => existsSync(join(folder, filename)));
  return taken && describe(taken.filename, taken.record, pkg);
}

function describe(filename: string, record: MadeFromRecord | undefined, pkg: Package): string {
  const from = record ? ` from commit ${record.commit.slice(0, 10)}` : " before";
  return `${notStarted}${filename} was published${from}, and its recipe has changed without a new version; ${howToRelease(pkg)}`;
}
