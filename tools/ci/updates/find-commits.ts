import { baseValue } from "../../alpm/srcinfo.ts";
import type { SluiceError } from "../../errors.ts";
import type { State } from "../../workspace/state/state.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { Upstreams } from "../../upstream/sources.ts";

/** What became of a package that follows the commits of its sources. */
export type CommitDecision = { readonly pkgbase: string } &
  /** `before` undefined: this is the first look at it. */
  (
    | {
        readonly kind: "commit";
        readonly before: string | undefined;
        readonly commit: string;
        readonly url: string;
      }
    /** Nothing of it is to be followed any more. */
    | { readonly kind: "pinned" }
    | { readonly kind: "skipped" | "problem"; readonly error: SluiceError }
  );

/** Asks for the newest commits of the packages that are built from them. */
export async function findCommits(
  upstreams: Upstreams,
  packages: Iterable<Package>,
  state: State,
): Promise<CommitDecision[]> {
  const followed = [...packages].filter((pkg) => followsCommits(pkg, state));
  const sightings = await upstreams.commits(
    followed.map(({ pkgbase, srcinfo, config }) => ({ pkgbase, srcinfo, sources: config.CI_VCS_SOURCES })),
  );
  return followed.map((pkg) => {
    const { pkgbase, config } = pkg;
    const sighting = sightings.get(pkgbase)!;
    const known = state.packages.get(pkgbase)?.commit ?? (config.CI_GIT_COMMIT || undefined);
    switch (sighting.kind) {
      case "commit": {
        const before = known ?? commitInVersion(pkg, sighting.commit);
        return { pkgbase, kind: "commit", before, commit: sighting.commit, url: sighting.url };
      }
      case "pinned":
        return { pkgbase, kind: "pinned" };
      case "unavailable":
        return { pkgbase, kind: "skipped", error: sighting.error };
      case "problem":
        return { pkgbase, kind: "problem", error: sighting.error };
    }
  });
}

/** A version such as `1.2.r3.g0123abc` says itself that main has this commit already. */
function commitInVersion({ srcinfo }: Package, commit: string): string | undefined {
  const pkgver = srcinfo && baseValue(srcinfo, "pkgver");
  const short = /(?:^|[._+])g?([0-9a-f]{7,40})$/.exec(pkgver ?? "")?.[1];
  return short !== undefined && commit.startsWith(short) ? commit : undefined;
}

/** By its name, by its settings, or because a commit of it is remembered. */
export function followsCommits({ pkgbase, config }: Package, { packages }: State): boolean {
  const isKnown = packages.get(pkgbase)?.commit !== undefined || config.CI_GIT_COMMIT !== "";
  return pkgbase.endsWith("-git") || config.CI_FORCE_VCS || isKnown;
}
