import { nextBump } from "../../builder/versions/next-bump.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs } from "../../git/objects.ts";
import {
  rebuildOnPath,
  type FailedLook,
  type RebuildOn,
  type RebuildSighting,
} from "../../upstream/nvchecker/rebuild-on.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { Side } from "../on-commit/decide.ts";
import type { LibraryBump, LibraryChange } from "./library-rebuilds.ts";

/** Rebuilds that packages' `.CI/rebuild-on.toml` ask for. */
export interface TriggeredRebuilds {
  readonly bumps: readonly LibraryBump[];
  readonly skipped: readonly { readonly pkgbase: string; readonly reason: string }[];
  /** What couldn't be asked about; what is remembered of it stays. */
  readonly failed: readonly (FailedLook & { readonly pkgbase: string })[];
  /** What is remembered of packages, to be written together with the bumps. */
  readonly rebuiltFor: ReadonlyMap<string, NonNullable<PackageState["rebuiltFor"]>>;
}

/** The files of the packages that have one. */
export async function readRebuildOn(git: Git, { entries, workspace }: Side): Promise<RebuildOn[]> {
  const files = [...workspace.packages.keys()].flatMap((pkgbase) => {
    const entry = entries.get(pkgbase)?.get(rebuildOnPath);
    return entry?.mode.startsWith("100") ? [{ pkgbase, id: entry.id }] : [];
  });
  const blobs = await readBlobs(
    git,
    files.map(({ id }) => id),
  );
  return files.map(({ pkgbase, id }) => ({ pkgbase, bytes: blobs.get(id)! }));
}

/**
 * Compares what was found with what packages were last rebuilt for. What wasn't known before has not changed.
 *
 * @param bumped packages that this run changes anyway, by what it bumps them to; undefined: a new recipe
 */
export function planTriggeredRebuilds(
  packages: ReadonlyMap<string, Package>,
  sightings: ReadonlyMap<string, RebuildSighting>,
  known: ReadonlyMap<string, PackageState>,
  published: (pkgbase: string) => string | undefined,
  bumped: ReadonlyMap<string, LibraryBump | undefined>,
): TriggeredRebuilds {
  const bumps: LibraryBump[] = [];
  const skipped: { pkgbase: string; reason: string }[] = [];
  const failed: TriggeredRebuilds["failed"][number][] = [];
  const rebuiltFor = new Map<string, ReadonlyMap<string, string>>();
  for (const [pkgbase, sighting] of sightings) {
    failed.push(...sighting.failed.map((look) => ({ pkgbase, ...look })));
    if (!sighting.versions) continue;
    const before = known.get(pkgbase)?.rebuiltFor ?? new Map<string, string>();
    const now = [...sighting.versions].flatMap(([name, version]): [string, string][] => {
      const kept = version ?? before.get(name);
      return kept === undefined ? [] : [[name, kept]];
    });
    rebuiltFor.set(pkgbase, new Map(now));
    const libraries = now.flatMap(([name, after]): LibraryChange[] => {
      const old = before.get(name);
      return old === undefined || old === after ? [] : [{ name, before: old, after }];
    });
    if (libraries.length === 0 || (bumped.has(pkgbase) && !bumped.get(pkgbase))) continue;
    const changes = libraries.map(({ name, before: old, after }) => `${name} ${old} → ${after}`).join(", ");
    const reason = `rebuild on ${changes}`;
    const already = bumped.get(pkgbase);
    const next = already ?? nextBump(packages.get(pkgbase)!, published(pkgbase));
    if ("skipped" in next) skipped.push({ pkgbase, reason: `${reason}, but ${next.skipped}` });
    else if (!already) bumps.push({ pkgbase, bump: next.bump, libraries, reason });
  }
  return { bumps, skipped, failed, rebuiltFor };
}
