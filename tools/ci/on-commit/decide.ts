import { buildClassOf } from "../../workspace/build-class.ts";
import { SluiceError } from "../../errors.ts";
import type { Commit } from "../../git/history.ts";
import type { ScheduledRemoval } from "../../schedule/schedule.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import { builtFor, whyForeign } from "../../workspace/architectures.ts";
import type { CommitFolders } from "../../workspace/commit.ts";
import { packagePath } from "../../workspace/files.ts";
import type { Package, Workspace } from "../../workspace/workspace.ts";
import { comparePackage, type PackageChange, type PackageSide } from "./changes.ts";
import { findPackage, nearestPackage } from "../../workspace/package-names.ts";
import { deployRequests, type DeployRequest } from "./deploy-requests.ts";

/** Two commits' packages. */
export interface Comparison {
  /** Undefined: there was nothing. Of its packages only those in `differing` were read. */
  readonly before: Side | undefined;
  readonly after: Side;
  /** Names of the folders that differ. */
  readonly differing: ReadonlySet<string>;
  /** The commit made a workspace of a repository that had packages: those were built by whatever built them before. */
  readonly isTakeOver?: boolean;
}

/** A commit's packages: which files they consist of, and what that means. */
export interface Side {
  readonly entries: CommitFolders["entries"];
  readonly workspace: Workspace;
}

/** What is decided for one package, and why. */
export type Decision =
  | ({ readonly kind: "build" } & WantedBuild)
  | ({ readonly kind: "remove" } & ScheduledRemoval)
  | { readonly kind: "skip"; readonly pkgbase: string; readonly reason: string };

/**
 * What to build and to remove between two commits, by pkgbase.
 *
 * @param commitOf the newest commit that changed a path, where one is known
 * @throws SluiceError `unknown-package` (exit 1) naming every `[deploy …]` of a package that doesn't exist.
 */
export function decide(
  comparison: Comparison,
  commits: readonly Commit[],
  commitOf: (path: string) => string | undefined,
): Decision[] {
  const { before, after, isTakeOver = false } = comparison;
  const changes = changesBetween(comparison);
  const { config, packages } = after.workspace;
  const asked = deployRequests(commits, (name) => findPackage(name, packages));
  const requests = new Map(asked.map((request) => [request.name, request]));
  refuseUnknown(asked, after.workspace, changes);

  const names = new Set([
    ...changes.keys(),
    ...requests.keys(),
    ...(requests.has("all") ? packages.keys() : []),
  ]);
  if (!packages.has("all") && !changes.has("all")) names.delete("all");
  return [...names].sort().map((pkgbase) => decideOne(pkgbase));

  function decideOne(pkgbase: string): Decision {
    const change = changes.get(pkgbase);
    const request = requests.get(pkgbase) ?? requests.get("all");
    const pkg = packages.get(pkgbase);
    if (!pkg) {
      const reason = describeChange(change, pkgbase);
      const pkgnames = leftBehind(before?.workspace.packages.get(pkgbase), after.workspace);
      return { kind: "remove", pkgbase, pkgnames, reason };
    }
    const wasBuilt = isTakeOver && change?.kind === "changed";
    const isMaterial = change !== undefined && change.kind !== "immaterial" && !wasBuilt;
    const reasons = [
      ...(isMaterial ? [describeChange(change, pkgbase)] : []),
      ...(request ? [`commit ${short(request.commit)}: ${request.text}`] : []),
    ];
    if (reasons.length === 0) {
      if (wasBuilt) return { kind: "skip", pkgbase, reason: "it was there before this became a workspace" };
      return { kind: "skip", pkgbase, reason: `only ${list(change!.paths)} changed, which no build reads` };
    }
    if (pkg.srcinfo && builtFor(pkg, config.CI_ARCHES).length === 0) {
      return { kind: "skip", pkgbase, reason: whyForeign(pkg.srcinfo, config.CI_ARCHES) };
    }
    return {
      kind: "build",
      pkgbase,
      class: request?.class || buildClassOf(pkg, config),
      reason: reasons.join("; "),
      ...(isMaterial && !request?.class && { upstream: [] }),
    };
  }

  function describeChange(change: PackageChange | undefined, pkgbase: string): string {
    const verb = change?.kind === "changed" ? "changed" : change?.kind;
    const byCommit = new Map<string | undefined, string[]>();
    const { packagesDir } = (change?.kind === "removed" && before ? before : after).workspace;
    for (const path of change?.paths ?? []) {
      const commit = commitOf(`${packagePath(packagesDir, pkgbase)}/${path}`);
      byCommit.set(commit, [...(byCommit.get(commit) ?? []), path]);
    }
    return [...byCommit]
      .map(([commit, paths]) => {
        const what = verb === "changed" ? list(paths) : "the package";
        return commit === undefined
          ? `${what} was ${verb} since the last schedule`
          : `commit ${short(commit)} ${verb} ${what}`;
      })
      .join("; ");
  }
}

function changesBetween({ before, after, differing }: Comparison): Map<string, PackageChange> {
  const changes = new Map<string, PackageChange>();
  for (const name of differing) {
    const change = comparePackage(before && sideOf(before, name), sideOf(after, name));
    if (change) changes.set(name, change);
  }
  return changes;
}

function sideOf({ entries, workspace }: Side, name: string): PackageSide | undefined {
  const files = entries.get(name);
  return files && { pkg: workspace.packages.get(name), files };
}

/** A request for a package that was removed since is moot; any other unknown name is a mistake. */
function refuseUnknown(
  requests: readonly DeployRequest[],
  { packages }: Workspace,
  changes: ReadonlyMap<string, PackageChange>,
): void {
  const unknown = requests.filter(({ name }) => name !== "all" && !packages.has(name) && !changes.has(name));
  if (unknown.length === 0) return;
  const names = unknown.map(
    ({ name, commit }) =>
      `${JSON.stringify(name)}${nearestPackage(name, packages)} in commit ${short(commit)}`,
  );
  throw new SluiceError("unknown-package", `[deploy …] of packages that don't exist: ${names.join(", ")}`, {
    hint: `Nothing was scheduled. Correct it with a further commit whose message says ${unknown
      .map(({ name }) => `[undeploy ${name}]`)
      .join(" ")}; as long as there is no tag \`scheduled\`, amend this commit instead.`,
    facts: { names: unknown.map(({ name }) => name) },
    exitCode: 1,
  });
}

/** The removed package's pkgnames, but for those that another package of the workspace makes now. */
function leftBehind(removed: Package | undefined, { packages }: Workspace): string[] {
  const own = removed?.srcinfo?.packages.map(({ pkgname }) => pkgname) ?? (removed ? [removed.pkgbase] : []);
  const made = new Set(
    [...packages.values()].flatMap(({ pkgbase, srcinfo }) =>
      srcinfo ? srcinfo.packages.map(({ pkgname }) => pkgname) : [pkgbase],
    ),
  );
  return own.filter((name) => !made.has(name));
}

function short(commit: string): string {
  return commit.slice(0, 10);
}

/** File names are anybody's; quoted as JSON they can't pretend to be something else on a terminal. */
function list(paths: readonly string[]): string {
  const shown = paths.slice(0, 4).map((path) => (/^[\w@.+/-]+$/.test(path) ? path : JSON.stringify(path)));
  return paths.length > shown.length
    ? `${shown.join(", ")} and ${paths.length - shown.length} more`
    : shown.join(", ");
}
