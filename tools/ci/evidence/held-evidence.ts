import type { EvidenceSection } from "../../gate/review/evidence.ts";
import { historySection } from "../../gate/review/history-section.ts";
import { changedSources } from "../../gate/source-change/changed-sources.ts";
import type { Update } from "../../gate/update.ts";
import type { Git } from "../../git/git.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import { withSection } from "../../workspace/state/evidence.ts";
import type { State } from "../../workspace/state/state.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { recipeHistories } from "./package-history.ts";

/** What evidence about a package is found in. */
export interface EvidencePlace {
  readonly git: Git;
  /** Main's commit. */
  readonly head: string;
  readonly workspace: Pick<Workspace, "packagesDir" | "config">;
  readonly state: Pick<State, "packages">;
  readonly now: Date;
}

/** The past of packages, by what this clone and the branch `state` know; nobody is asked. */
export async function historiesOf(
  names: readonly string[],
  { git, head, workspace, state, now }: EvidencePlace,
): Promise<ReadonlyMap<string, EvidenceSection>> {
  const { packagesDir, config } = workspace;
  const histories = await recipeHistories(git, { head, packagesDir, email: config.GIT_AUTHOR_EMAIL }, names);
  return new Map(
    [...histories].map(([pkgbase, history]) => {
      const { past = [], maintainers } = state.packages.get(pkgbase) ?? {};
      return [pkgbase, historySection({ ...history, past, maintainers, now: now.getTime() })];
    }),
  );
}

/** What is kept of updates, with the past of packages whose update is held now; it is told once for each update. */
export async function withHistories(
  kept: State["evidence"],
  held: readonly { readonly pkgbase: string; readonly digest: string }[],
  place: EvidencePlace,
): Promise<State["evidence"]> {
  const untold = held.filter(({ pkgbase, digest }) => {
    const known = kept.get(pkgbase);
    return known?.digest !== digest || !known.sections.some(({ title }) => title === "History");
  });
  const histories = await historiesOf(
    untold.map(({ pkgbase }) => pkgbase),
    place,
  );
  const told = untold.map(({ pkgbase, digest }) => {
    return [pkgbase, withSection(kept.get(pkgbase), digest, histories.get(pkgbase)!)] as const;
  });
  return new Map([...kept, ...told]);
}

/**
 * What changed in the program's sources.
 *
 * @throws SluiceError of the machine alone: `sandbox-needed`, `sandbox-start`
 */
export async function sourceOf(
  update: Pick<Update, "before" | "after">,
  { config }: Pick<Workspace, "config">,
  upstreams: Pick<Upstreams, "sourceChange">,
): Promise<EvidenceSection> {
  const changed = changedSources(update, config.CI_ARCHES[0]!);
  if (changed.length === 0)
    return { title: "Source", first: [], lines: ["It fetches what it fetched before"] };
  return { title: "Source", ...(await upstreams.sourceChange(changed)) };
}
