import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { keyringName } from "../../pkgrepo/publishing/keyring-package.ts";
import { isFor } from "../../workspace/architectures.ts";
import { wantedVersion } from "../wanted-version.ts";
import { parseBranchName } from "../../forge/branch-name.ts";
import type { State } from "../../workspace/state/state.ts";
import type { Package, Workspace } from "../../workspace/workspace.ts";

/** What should be and what is. */
export interface AuditFacts {
  readonly workspace: Workspace;
  readonly state: State;
  /** By pkgbase; without those whose upstream couldn't be asked or says no version. */
  readonly upstreams: ReadonlyMap<string, UpstreamVersion>;
  /** Of each architecture of which it is known. */
  readonly published: readonly Published[];
  /** The files that were published on this machine and aren't what they were. */
  readonly damage: readonly { readonly path: string; readonly problem: string }[];
  /** Folders beside the published repository, of repositories that nobody publishes to. */
  readonly leftFolders: readonly string[];
  /** All branches that are named as those of reviews are. */
  readonly reviewBranches: readonly string[];
}

/** What upstream has now. */
export interface UpstreamVersion {
  /** Full version. */
  readonly version: string;
  /** Whether a run has taken it, or put it up for review, according to the state; else the next one will. */
  readonly isSeen: boolean;
}

/** The published repository of one architecture, by pkgbase. */
export interface Published {
  readonly arch: string;
  readonly versions: ReadonlyMap<string, string>;
  readonly pkgnames: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface AuditFinding {
  readonly kind: "lost-update" | "lost-build" | "damaged" | "orphan" | "held";
  /** A pkgbase; of an orphan also a pkgname, a state's file, a branch or a folder; of what is damaged a file. */
  readonly name: string;
  readonly why: string;
}

/** What was lost on the way from upstream to the published repository, and what nobody owns any more. */
export function audit(facts: AuditFacts): AuditFinding[] {
  const packages = [...facts.workspace.packages.values()];
  return [
    ...packages.flatMap((pkg) => lostUpdate(pkg, facts)),
    ...facts.published.flatMap((published) => packages.flatMap((pkg) => lostBuild(pkg, facts, published))),
    ...facts.damage.map(({ path, problem }) => ({ kind: "damaged" as const, name: path, why: problem })),
    ...orphans(facts),
  ];
}

/** Whether anybody has to do something: a review waits for its reviewer anyway. */
export function isComplaint({ kind }: AuditFinding): boolean {
  return kind !== "held";
}

/** Upstream is newer, and no run is going to find that out. */
function lostUpdate({ pkgbase, srcinfo }: Package, { upstreams, state }: AuditFacts): AuditFinding[] {
  const upstream = upstreams.get(pkgbase);
  const present = srcinfo && srcinfoVersion(srcinfo);
  const isBehind = upstream && present !== undefined && vercmp(upstream.version, present) > 0;
  const difference = isBehind
    ? `upstream has ${upstream.version}, main ${present}`
    : "upstream has another recipe";
  const { held, refused } = state.packages.get(pkgbase) ?? {};
  // What nobody says a version of is taken as the state has it.
  if (held !== undefined && (isBehind || !upstream)) {
    const standing = refused === held.slice(0, 16) ? "somebody refused it" : "a review waits";
    return [{ kind: "held", name: pkgbase, why: `${difference}; ${standing}` }];
  }
  if (!isBehind || !upstream.isSeen) return [];
  return [{ kind: "lost-update", name: pkgbase, why: `${difference}, although it counts as taken` }];
}

/** What is published is older than what main has. What is built on a trigger of its own is as old as it wants. */
function lostBuild(pkg: Package, { workspace }: AuditFacts, published: Published): AuditFinding[] {
  const { pkgbase, srcinfo, config } = pkg;
  const { CI_ARCHES } = workspace.config;
  if (config.CI_ON_TRIGGER !== "" || !isFor(pkg, published.arch, CI_ARCHES)) return [];
  const where = CI_ARCHES.length > 1 ? ` for ${published.arch}` : "";
  const version = published.versions.get(pkgbase);
  if (version === undefined)
    return [{ kind: "lost-build", name: pkgbase, why: `it isn't published${where}` }];
  const recipe = srcinfo && srcinfoVersion(srcinfo);
  const wanted = recipe === undefined ? undefined : wantedVersion(recipe, version, config);
  if (wanted === undefined || vercmp(version, wanted) >= 0) return [];
  return [
    { kind: "lost-build", name: pkgbase, why: `${version} is published${where}, main asks for ${wanted}` },
  ];
}

function orphans(facts: AuditFacts): AuditFinding[] {
  const { state, published, leftFolders, reviewBranches } = facts;
  const { packages, config } = facts.workspace;
  const found: AuditFinding[] = published.flatMap((one) => publishedOrphans(one, facts.workspace));
  const add = (name: string, why: string): unknown => found.push({ kind: "orphan", name, why });
  for (const pkgbase of state.packages.keys()) {
    if (!packages.has(pkgbase))
      add(pkgbase, "has a file in the branch `state`, and is no package of the workspace");
  }
  for (const branch of reviewBranches) {
    const parsed = parseBranchName(branch);
    if (parsed && !packages.has(parsed.pkgbase))
      add(branch, "is a review's branch of no package of the workspace");
  }
  for (const folder of leftFolders) {
    add(folder, `is published, and BUILD_REPO is ${config.BUILD_REPO}`);
  }
  return found;
}

/** What one architecture's repository has, and isn't to have. */
function publishedOrphans({ arch, pkgnames }: Published, { packages, config }: Workspace): AuditFinding[] {
  const found: AuditFinding[] = [];
  const where = config.CI_ARCHES.length > 1 ? ` for ${arch}` : "";
  const add = (name: string, why: string): unknown => found.push({ kind: "orphan", name, why });
  for (const [pkgbase, names] of pkgnames) {
    const pkg = packages.get(pkgbase);
    if (!pkg) {
      // `sluice key rotate` makes it.
      if (pkgbase === keyringName(config.BUILD_REPO)) continue;
      add(pkgbase, `is published${where}, and no package of the workspace`);
      continue;
    }
    if (!isFor(pkg, arch, config.CI_ARCHES)) {
      add(pkgbase, `is published for ${arch}, and its recipe isn't for that`);
      continue;
    }
    const own = new Set(pkg.srcinfo?.packages.map(({ pkgname }) => pkgname) ?? names);
    for (const pkgname of names) {
      // makepkg makes it along where the options say so.
      if (own.has(pkgname) || pkgname === `${pkgbase}-debug`) continue;
      add(pkgname, `is published${where}, and ${pkgbase} doesn't make it any more`);
    }
  }
  return found;
}
