import { buildClassOf } from "../../workspace/build-class.ts";
import { baseValue } from "../../alpm/srcinfo.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { Package, Workspace } from "../../workspace/workspace.ts";
import type { Decision } from "../on-commit/decide.ts";
import type { UpdateDecision } from "../updates/decide-update.ts";
import type { CommitDecision } from "../updates/find-commits.ts";

/** A reason to build a package that a run found. */
export interface NewBuild {
  readonly pkgbase: string;
  readonly reason: string;
  /** Upstream commits that it is to be made from; none: its recipe in main changed. */
  readonly upstream?: readonly string[];
  readonly effect?: number;
}

/** Every reason of this run to build something, but those of commits. */
export function newBuilds(
  workspace: Workspace,
  updates: readonly UpdateDecision[],
  commits: readonly CommitDecision[],
  bumps: readonly NewBuild[],
): NewBuild[] {
  return [
    ...updates.flatMap((decision) =>
      decision.kind === "take"
        ? [{ pkgbase: decision.pkgbase, reason: updateReason(workspace.packages.get(decision.pkgbase)!) }]
        : [],
    ),
    ...commits.flatMap((decision) =>
      decision.kind === "commit" && decision.before !== decision.commit ? [followed(decision)] : [],
    ),
    ...bumps,
  ];
}

/** At the first look nobody knows what it was built from: the builder does. */
function followed({ pkgbase, before, commit }: Extract<CommitDecision, { kind: "commit" }>): NewBuild {
  const id = commit.slice(0, 10);
  const reason = before === undefined ? `upstream is at commit ${id}` : `new commit ${id} upstream`;
  return { pkgbase, reason, upstream: commit.split("+") };
}

function updateReason({ srcinfo }: Package): string {
  const version = srcinfo && baseValue(srcinfo, "pkgver");
  return version === undefined ? "upstream's recipe changed" : `upstream update to ${version}`;
}

/**
 * What is scheduled: what commits ask for, and what this run found. A package with a trigger of its own waits for
 * that; only a commit of a person schedules it otherwise.
 */
export function wantedBuilds(
  { packages, config }: Workspace,
  decisions: readonly Decision[],
  found: readonly NewBuild[],
): { builds: WantedBuild[]; unscheduled: NewBuild[] } {
  const asked = decisions.filter((decision) => decision.kind === "build");
  const builds = new Map<string, WantedBuild>(
    asked.map(({ kind: _kind, ...build }) => [build.pkgbase, build]),
  );
  const unscheduled: NewBuild[] = [];
  for (const { pkgbase, reason, upstream = [], effect = 0 } of found) {
    const pkg = packages.get(pkgbase)!;
    const { CI_ON_TRIGGER } = pkg.config;
    const before = builds.get(pkgbase);
    if (CI_ON_TRIGGER !== "" && !before) {
      unscheduled.push({ pkgbase, reason: `${reason}; built on trigger ${CI_ON_TRIGGER}` });
      continue;
    }
    const buildClass = before ? before.class : buildClassOf(pkg, config);
    const reasons = before ? `${before.reason}; ${reason}` : reason;
    const isAnyway = before !== undefined && before.upstream === undefined;
    builds.set(pkgbase, {
      pkgbase,
      class: buildClass,
      reason: reasons,
      ...(effect > 0 && { effect }),
      ...(!isAnyway && { upstream: [...(before?.upstream ?? []), ...upstream] }),
    });
  }
  return { builds: [...builds.values()], unscheduled };
}
