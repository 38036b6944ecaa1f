import { digestOf } from "../../forge/branch-name.ts";
import type { Refusal } from "../../forge/read-reviews.ts";
import type { State } from "../../workspace/state/state.ts";
import type { NeedsState } from "../../workspace/state/needs-state.ts";
import { notedRefusal } from "../../workspace/state/package-past.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { LibraryRebuilds } from "../updates/library-rebuilds.ts";
import type { ReplacedCommit } from "./main-changes.ts";
import type { UpdateDecision } from "../updates/decide-update.ts";
import type { CommitDecision } from "../updates/find-commits.ts";

/**
 * What is remembered after this run: packages that are gone are forgotten, and those whose upstream couldn't be
 * asked stay as they were. What waits for a review isn't in it yet.
 */
export function nextState(
  state: State,
  { packages }: Workspace,
  found: {
    readonly updates: readonly UpdateDecision[];
    readonly commits: readonly CommitDecision[];
    readonly rebuilds: Pick<LibraryRebuilds, "versions" | "databases">;
    readonly needs: NeedsState;
    readonly releases: State["releases"];
    readonly checks: State["checks"];
    readonly aurEtag: string | undefined;
    /** By pkgbase. */
    readonly rebuiltFor: ReadonlyMap<string, NonNullable<PackageState["rebuiltFor"]>>;
    readonly replaces: ReplacedCommit | undefined;
    /** Undefined where the forge couldn't be asked. */
    readonly refusals: readonly Refusal[] | undefined;
    /** Packages of which a person closed the review of what is held. */
    readonly refused: readonly string[];
    readonly now: Date;
  },
): State {
  const { updates, commits, rebuilds, refusals } = found;
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
  for (const [pkgbase, rebuiltFor] of found.rebuiltFor) {
    const known = next.get(pkgbase);
    if (!sameVersions(known?.rebuiltFor, rebuiltFor)) next.set(pkgbase, { ...known, rebuiltFor });
  }
  for (const pkgbase of found.refused) {
    const known = next.get(pkgbase);
    if (known) next.set(pkgbase, notedRefusal(known, found.now.getTime()));
  }
  if (found.replaces) moveApproved(next, found.replaces);
  // What is still open is only found again by asking for everything.
  const isAllCurrent = updates.every(({ kind }) => ["unchanged", "take", "hold"].includes(kind));
  return {
    packages: refusals ? withRefusals(next, refusals, found.now) : next,
    versions: rebuilds.versions,
    requests: state.requests,
    records: state.records,
    evidence: state.evidence,
    needs: found.needs,
    releases: found.releases,
    checks: found.checks,
    run: {
      known: true,
      databases: rebuilds.databases,
      ...(isAllCurrent && { aurEtag: found.aurEtag }),
    },
  };
}

/** What a person approved is looked up in the replaced commit's parent: what lies between let nothing more through. */
function moveApproved(packages: Map<string, PackageState>, { commit, parent }: ReplacedCommit): void {
  for (const [pkgbase, known] of packages) {
    const { approved } = known;
    if (approved?.commit === commit)
      packages.set(pkgbase, { ...known, approved: { ...approved, commit: parent } });
  }
}

function sameVersions(a: ReadonlyMap<string, string> | undefined, b: ReadonlyMap<string, string>): boolean {
  return a?.size === b.size && [...b].every(([name, version]) => a.get(name) === version);
}

/** Reviews that were refused, as far as the forge could be asked. */
function withRefusals(
  packages: ReadonlyMap<string, PackageState>,
  refusals: readonly Refusal[],
  now: Date,
): Map<string, PackageState> {
  const refused = new Map(refusals.map(({ pkgbase, digest }) => [pkgbase, digest]));
  return new Map(
    [...packages].map(([pkgbase, known]) => {
      const digest = refused.get(pkgbase);
      if (known.refused === digest) return [pkgbase, known];
      const told = digest === undefined ? known : notedRefusal(known, now.getTime());
      return [pkgbase, { ...told, refused: digest }];
    }),
  );
}

export function refusalsOf(state: State): Refusal[] {
  return [...state.packages].flatMap(([pkgbase, { refused }]) =>
    refused === undefined ? [] : [{ pkgbase, digest: digestOf(refused) }],
  );
}
