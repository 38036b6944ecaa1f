import { existsSync } from "node:fs";
import { join } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { lintVersions } from "../../ci/checks/lint-versions.ts";
import { planOnCommit, type OnCommitPlan } from "../../ci/on-commit/on-commit.ts";
import { readPlatform } from "../../ci/pipeline/platform.ts";
import { readStateBranch } from "../../ci/pipeline/workspace-refs.ts";
import { publishedNeeds } from "../../pkgrepo/snapshot.ts";
import { databasesFor } from "../../upstream/distribution/databases-for.ts";
import { ownGives, parseGives, providedBy } from "../../upstream/distribution/gives.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { dependentsOf, type DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import { parseWorkspace, treeOf } from "../../workspace/workspace.ts";
import { derive } from "../../workspace/metadata/derived.ts";
import { learnAboutWorktree } from "../../workspace/ask-about-worktree.ts";
import { KeptMetadata } from "../../workspace/metadata/kept-metadata.ts";
import { readWorktree } from "../../workspace/worktree.ts";
import { publishedHere } from "../wiring/published-here.ts";
import { findPackage, nearestPackage, type NamedPackages } from "../../workspace/package-names.ts";
import { linkedOf, sayLinked, type Linked } from "../wiring/linked.ts";
import { printable } from "../output/report.ts";
import { failingPackages, type Failing } from "../../manager/builds/failing.ts";
import { allBuilds } from "../../schedule/schedule.ts";
import { openQueue } from "../../manager/installation.ts";
import { foldersOf } from "../../manager/folders.ts";
import { duration } from "../output/time.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { ReleaseRecords } from "../../manager/releases/record/release-records.ts";
import { readState } from "../../workspace/state/state.ts";
import { stateCommitHere } from "../../workspace/state/state-commit.ts";
import { whyProject } from "../wiring/why-project.ts";
import { type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { findRoot } from "../wiring/root.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

export async function why(options: Options, name: string): Promise<number> {
  const { root, json = false } = options;
  const folder = findRoot(root);
  const git = openGit(folder, process.env);
  const plan = await planOnCommit(git, readPlatform(process.env), {
    published: (config) => publishedHere(folder, config),
  });
  const tree = treeWith(name, plan);
  const pkgbase = findPackage(name, tree.packages) ?? name;
  const pkg = tree.packages.get(pkgbase);
  const decision = decisionOf(pkgbase, plan);
  await mentionUncommitted(git, plan.packagesDir, new Set([pkgbase]));
  if (!pkg && decision.kind === "unchanged") {
    const project = (await readCommitProjects(git, "HEAD")).get(name.replace(/^releases\//, ""));
    if (project) {
      const here = new ReleaseRecords(stateFolder(options)).ofProject(project.name);
      const { state } = await readState(git, await stateCommitHere(git));
      const records = [...here, ...(state.records.get(project.name) ?? [])];
      return whyProject(project, records, json, Date.now());
    }
    throw unknownPackage(pkgbase, tree.packages);
  }

  const edges = pkg?.edges ?? [];
  const dependents = dependentsOf(tree, pkgbase);
  const obstacle = await obstacleOf(git, folder, pkgbase, plan);
  const failure = await failureOf(options, plan.schedule.target, pkgbase);
  const found = await linkedHere(options, git, plan.workspace.config, pkgbase);
  const { linked, wasAsked } = found ?? { linked: [], wasAsked: false };
  const others = wasAsked ? "nobody" : "the distribution, which wasn't asked yet";
  const isBroken = wasAsked && linked.some(({ from }) => from === null);
  if (json) {
    const facts = {
      pkgbase,
      decision,
      obstacle,
      failure: failure ?? null,
      needs: edges,
      neededBy: dependents,
      linked: found?.linked ?? null,
    };
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    return 0;
  }
  const needs = edges.map(
    ({ to, name, field, constraint, via }) =>
      `${to} (${field} ${name}${constraint ?? ""}${via === "provides" ? ", which it provides" : ""})`,
  );
  const lines = [
    `${pkgbase} ${sentence[decision.kind]}: ${decision.reason}`,
    ...(obstacle === null ? [] : [`but: ${obstacle}`]),
    ...(failure ? [describeFailing(failure)] : []),
    `needs: ${needs.length > 0 ? needs.join(", ") : "nothing of this workspace"}`,
    ...(linked.length > 0 ? [`its published files need: ${sayLinked(linked, others)}`] : []),
    ...(isBroken ? ["what becomes of that: sluice audit --broken"] : []),
    `needed by: ${dependents.length > 0 ? dependents.join(", ") : "nothing of this workspace"}`,
  ];
  process.stdout.write(printable(`${lines.join("\n")}\n`));
  return 0;
}

/** The first architecture's, unless only another one's has it. */
function treeWith(name: string, { tree, workspace }: OnCommitPlan): DependencyTree {
  const further = workspace.config.CI_ARCHES.slice(1).map((arch) => () => treeOf(workspace, arch));
  for (const one of [() => tree, ...further]) {
    const found = one();
    if (findPackage(name, found.packages) !== undefined) return found;
  }
  return tree;
}

/** Why no builder would begin a build of it, where that is known, or null. */
async function obstacleOf(
  git: Git,
  root: string,
  pkgbase: string,
  { notes, problems }: OnCommitPlan,
): Promise<string | null> {
  const isOfThis = (about: { readonly pkgbase: string | undefined }): boolean => about.pkgbase === pkgbase;
  const said =
    notes.find(isOfThis) ?? problems.find((problem) => isOfThis(problem) && problem.kind === "same-version");
  if (said) return said.message;
  const kept = KeptMetadata.of(root, derive);
  if (kept.hasNews) await learnAboutWorktree(root, kept);
  const workspace = parseWorkspace(readWorktree(root, kept));
  const pkg = workspace.packages.get(pkgbase);
  if (!pkg) return null;
  const only = { ...workspace, packages: new Map([[pkgbase, pkg]]) };
  const [problem] = await lintVersions(git, root, only, await publishedHere(root, workspace.config));
  return problem?.message ?? null;
}

/** What the published files of it need, and from whom as the last half-hourly run saw it; undefined: nobody knows. */
async function linkedHere(
  options: Options,
  git: Git,
  { BUILD_REPO: name, CI_ARCHES }: Pick<RepositoryConfig, "BUILD_REPO" | "CI_ARCHES">,
  pkgbase: string,
): Promise<{ readonly linked: readonly Linked[]; readonly wasAsked: boolean } | undefined> {
  const { repositories } = foldersOf(stateFolder(options));
  const arch = CI_ARCHES[0]!;
  const records = [...(await publishedNeeds({ root: repositories, name, arch })).values()];
  const own = records.filter((record) => record.pkgbase === pkgbase);
  if (own.length === 0) return undefined;
  const { state } = await readStateBranch(git);
  const known = parseGives(state.needs.gives).filter(({ url }) => url.includes("://"));
  const databases = new Set(
    databasesFor(
      arch,
      CI_ARCHES,
      known.map(({ url }) => url),
    ),
  );
  const distribution = known.filter(({ url }) => databases.has(url));
  const provided = providedBy([...distribution, ownGives(records)]);
  return { linked: linkedOf(own, provided, arch), wasAsked: distribution.length > 0 };
}

/** Where it isn't built here, its builds aren't known here either. */
async function failureOf(options: Options, target: string, pkgbase: string): Promise<Failing | undefined> {
  const state = stateFolder(options);
  if (!existsSync(join(state, "queue.sqlite"))) return undefined;
  const queue = await openQueue(state);
  const failing = await failingPackages(queue, target).finally(() => queue.close());
  return failing.find((one) => one.pkgbase === pkgbase);
}

function describeFailing({ pkgbase, outcome, message, since, commit, builds, build }: Failing): string {
  const times = builds === 1 ? "" : `, ${builds} times`;
  const when = `${duration(Date.now() - since)} ago${times}, last at commit ${commit.slice(0, 10)}`;
  return `${outcomes[outcome as keyof typeof outcomes]}, first ${when}: ${message} (sluice log ${pkgbase} --build ${build})`;
}

const outcomes = {
  failed: "its last build failed",
  "timed-out": "its last build timed out",
  cancelled: "its last build was cancelled",
  lost: "its last build was lost",
};

const sentence = {
  build: "would be built",
  remove: "would be removed",
  skip: "would not be built",
  unchanged: "would not be built",
};

function decisionOf(
  pkgbase: string,
  { schedule, skipped, range }: Awaited<ReturnType<typeof planOnCommit>>,
): { kind: keyof typeof sentence; reason: string } {
  const build = allBuilds(schedule).find((entry) => entry.pkgbase === pkgbase);
  if (build) return { kind: "build", reason: build.reason };
  const removal = schedule.removals.find((entry) => entry.pkgbase === pkgbase);
  if (removal) return { kind: "remove", reason: removal.reason };
  const skip = skipped.find((entry) => entry.pkgbase === pkgbase);
  if (skip) return { kind: "skip", reason: skip.reason };
  const since = range.from === undefined ? "the first commit" : range.from.slice(0, 10);
  return { kind: "unchanged", reason: `nothing of it changed since ${since}, and nobody asked for it` };
}

function unknownPackage(pkgbase: string, packages: NamedPackages): SluiceError {
  const name = isPkgbase(pkgbase) ? pkgbase : JSON.stringify(pkgbase);
  const nearest = nearestPackage(pkgbase, packages);
  return new SluiceError("unknown-package", `there is no package ${name} in this workspace${nearest}`, {
    hint: "`sluice deptree` lists all packages; names are those of the folders, or of what they make, as they are committed.",
    facts: { pkgbase },
  });
}
