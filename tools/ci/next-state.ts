import { digestOf } from "../forge/branch-name.ts";
import type { Refusal } from "../forge/read-reviews.ts";
import type { PackageState, State } from "../workspace/state.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { UpdateDecision } from "./decide-update.ts";
import type { CommitDecision } from "./find-commits.ts";

/**
 * What is remembered after this run: packages that are gone are forgotten, and those whose upstream couldn't be
 * asked stay as they were. What waits for a review isn't in it yet.
 */
export function nextState(
  state: State,
  { packages }: Workspace,
  updates: readonly UpdateDecision[],
  commits: readonly CommitDecision[],
  refusals: readonly Refusal[] | undefined,
): State {
  const next = new Map<string, PackageState>();
  for (const [pkgbase, known] of state.packages) if (packages.has(pkgbase)) next.set(pkgbase, known);
  for (const decision of updates) {
    if ("state" in decision && decision.kind !== "hold") next.set(decision.pkgbase, decision.state);
  }
  for (const decision of commits) {
    if (decision.kind !== "commit" && decision.kind !== "pinned") continue;
    const commit = decision.kind === "commit" ? decision.commit : undefined;
    const known = next.get(decision.pkgbase);
    if (known?.commit !== commit) next.set(decision.pkgbase, { ...known, commit });
  }
  return { ...state, packages: refusals ? withRefusals(next, refusals) : next };
}

/** Reviews that were refused, as far as the forge could be asked. */
function withRefusals(
  packages: ReadonlyMap<string, PackageState>,
  refusals: readonly Refusal[],
): Map<string, PackageState> {
  const refused = new Map(refusals.map(({ pkgbase, digest }) => [pkgbase, digest]));
  return new Map(
    [...packages].map(([pkgbase, known]) => {
      const digest = refused.get(pkgbase);
      return [pkgbase, known.refused === digest ? known : { ...known, refused: digest }];
    }),
  );
}

export function refusalsOf(state: State): Refusal[] {
  return [...state.packages].flatMap(([pkgbase, { refused }]) =>
    refused === undefined ? [] : [{ pkgbase, digest: digestOf(refused) }],
  );
}
