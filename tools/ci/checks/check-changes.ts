import { SluiceError } from "../../errors.ts";
import { judge, type Finding, type RecipeFiles, type Verdict } from "../../gate/judge.ts";
import type { Git } from "../../git/git.ts";
import { isShallow, mergeBase, resolveCommit } from "../../git/history.ts";
import { listTree, readBlobs, type TreeEntry } from "../../git/objects.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { scriptsOf } from "../../gate/files/scripts.ts";
import {
  differingFolders,
  listFolders,
  readFolders,
  sameFile,
  type CommitFolders,
} from "../../workspace/commit.ts";
import { packagePath } from "../../workspace/files.ts";
import { isInCiFolder, largestRecipe, recipeEntries, recipeOf } from "../../workspace/recipe.ts";
import { staleIn } from "../../workspace/metadata/stale-in.ts";
import { parseWorkspace, type Workspace, type WorkspaceProblem } from "../../workspace/workspace.ts";
import { dependencyProblems, type DependencyProblem } from "./check-dependencies.ts";
import { readSameVersionProblem } from "../same-version.ts";
import { offlineContext } from "./replay.ts";

/** What a contributor's commits do to a workspace. */
export interface ChangesReport {
  /** Where the contributor started from. */
  readonly base: string;
  readonly head: string;
  /** Those that were added, changed or removed, by name. */
  readonly packages: readonly CheckedPackage[];
  readonly dependencies: readonly DependencyProblem[];
  /** New ones that are none of a changed package's. */
  readonly problems: readonly WorkspaceProblem[];
  readonly outside: readonly OutsideFile[];
}

export interface CheckedPackage {
  readonly pkgbase: string;
  readonly change: "added" | "changed" | "removed";
  /** Of the recipe; null where there is none to judge. */
  readonly verdict: Verdict | null;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Changed files of `.CI`: settings, and interfere files, which run as code with network. */
  readonly interfering: readonly string[];
  readonly problems: readonly WorkspaceProblem[];
}

/** A changed file that belongs to no package. */
export interface OutsideFile {
  readonly path: string;
  /** It decides what pipelines do and whom they trust. */
  readonly isForOwners: boolean;
}

/**
 * Judges what lies between the place where HEAD left BASE, and HEAD. Only objects of those commits are read: the
 * work tree doesn't matter, nothing is executed, and nobody is asked. The settings that could make a verdict
 * milder are the contributor's to change, so none counts.
 *
 * @param range `BASE..HEAD`
 * @throws SluiceError `usage`, `unknown-commit`, `no-merge-base`
 */
export async function checkChanges(git: Git, range: string): Promise<ChangesReport> {
  const { base, head } = await readRange(git, range);
  const [old, now] = [await readSide(git, base), await readSide(git, head)];
  const changed = changedPackages(old, now);
  const packages: CheckedPackage[] = [];
  for (const [pkgbase, change] of changed) packages.push(await checkPackage(git, pkgbase, change, old, now));
  const known = new Set(old.workspace.problems.map(problemKey));
  return {
    base,
    head,
    packages,
    dependencies: dependencyProblems(old.workspace, now.workspace),
    problems: now.workspace.problems.filter(
      (problem) => !changed.has(problem.pkgbase ?? "") && !known.has(problemKey(problem)),
    ),
    outside: outsideFiles(old, now, changed),
  };
}

/** Whether anything is worse than a new version. */
export function needsPerson({ packages, dependencies, problems, outside }: ChangesReport): boolean {
  return (
    packages.some(isWorse) ||
    dependencies.length > 0 ||
    problems.length > 0 ||
    outside.some(({ isForOwners }) => isForOwners)
  );
}

export function isWorse({ verdict, interfering, problems }: CheckedPackage): boolean {
  return verdict !== "minor" || interfering.length > 0 || problems.length > 0;
}

async function readRange(git: Git, range: string): Promise<{ base: string; head: string }> {
  // No name of a commit holds `..`, and `...` means something else to Git.
  const [from = "", to = "", ...more] = range.split("..");
  if (more.length > 0 || [from, to].some((name) => /^$|^[-.]|\.$/.test(name))) {
    throw new SluiceError("usage", `${JSON.stringify(range)} isn't two commits`, {
      hint: "Name them as BASE..HEAD, for example: sluice check-changes origin/main..HEAD",
    });
  }
  const [start, head] = [await requireCommit(git, from), await requireCommit(git, to)];
  const base = await mergeBase(git, start, head);
  if (base !== undefined) return { base, head };
  const isCut = await isShallow(git);
  throw new SluiceError(
    "no-merge-base",
    `${from} and ${to} have no commit in common${isCut ? " here" : ""}`,
    {
      hint: isCut
        ? "The clone is shallow. Run: git fetch --unshallow (in pipelines, GIT_DEPTH: 0 on GitLab, fetch-depth: 0 on GitHub)."
        : "Name a branch that HEAD was made from.",
      facts: { path: git.dir },
    },
  );
}

async function requireCommit(git: Git, name: string): Promise<string> {
  const commit = await resolveCommit(git, name);
  if (commit !== undefined) return commit;
  throw new SluiceError("unknown-commit", `there is no commit ${JSON.stringify(name)} in ${git.dir}`, {
    hint: "Fetch it first; in pipelines, clone without a depth.",
    facts: { path: git.dir },
  });
}

interface Side {
  readonly folders: CommitFolders;
  readonly workspace: Workspace;
  /** Every file of the commit by its path. */
  readonly files: ReadonlyMap<string, TreeEntry>;
}

async function readSide(git: Git, commit: string): Promise<Side> {
  const folders = await listFolders(git, commit);
  const workspace = parseWorkspace(await readFolders(git, folders, undefined, { srcinfos: true }));
  return { folders, workspace, files: byPath(await listTree(git, commit)) };
}

function byPath(entries: readonly TreeEntry[]): Map<string, TreeEntry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

function changedPackages(
  { folders: old }: Side,
  { folders: now }: Side,
): Map<string, CheckedPackage["change"]> {
  const changed = new Map<string, CheckedPackage["change"]>();
  for (const name of [...differingFolders(old, now)].sort()) {
    const [was, is] = [old, now].map(({ entries }) => entries.get(name)?.has("PKGBUILD") ?? false);
    if (is) changed.set(name, was ? "changed" : "added");
    else if (was) changed.set(name, "removed");
  }
  return changed;
}

async function checkPackage(
  git: Git,
  pkgbase: string,
  change: CheckedPackage["change"],
  old: Side,
  now: Side,
): Promise<CheckedPackage> {
  const [was, is] = [old, now].map(
    ({ folders }) => folders.entries.get(pkgbase) ?? new Map<string, TreeEntry>(),
  );
  const problems = now.workspace.problems.filter((problem) => problem.pkgbase === pkgbase);
  if (change === "removed") {
    return { pkgbase, change, verdict: null, findings: [], interfering: [], problems };
  }
  const paths = [...new Set([...was!.keys(), ...is!.keys()])].sort();
  const interfering = paths.filter((path) => isInCiFolder(path) && !sameFile(was!.get(path), is!.get(path)));
  const path = packagePath(now.workspace.packagesDir, pkgbase);
  if (bytesOf(is!) > largestRecipe) {
    const message = `has more than the ${largestRecipe / 1024 / 1024} MB that a recipe may have`;
    problems.push({ kind: "pkgbuild", pkgbase, path, message });
    return { pkgbase, change, verdict: null, findings: [], interfering, problems };
  }
  const before =
    change === "added" || bytesOf(was!) > largestRecipe ? undefined : await readRecipe(git, was!);
  const after = await readRecipe(git, is!);
  const update = { pkgbase, before, after };
  const readings = await openSecondReader().read(scriptsOf(update));
  const { verdict, findings } = judge(update, { ...offlineContext, readings });
  const stale = staleFieldsOf(after, now.workspace, pkgbase);
  if (stale.length > 0) {
    const message = `is stale in ${stale.join(", ")}; write it with: sluice srcinfo ${pkgbase} --write`;
    problems.push({ kind: "srcinfo-stale", pkgbase, path: `${path}/.SRCINFO`, message });
  }
  const sameVersion = await sameVersionIn(git, pkgbase, old, now);
  if (sameVersion) problems.push(sameVersion);
  return { pkgbase, change, verdict, findings, interfering, problems };
}

async function sameVersionIn(
  git: Git,
  pkgbase: string,
  old: Side,
  now: Side,
): Promise<WorkspaceProblem | undefined> {
  const [before, after] = [old, now].map(({ workspace, folders }) => {
    const [pkg, files] = [workspace.packages.get(pkgbase), folders.entries.get(pkgbase)];
    return pkg && files && { pkg, files };
  });
  return before && after && readSameVersionProblem(git, before, after, now.workspace.packagesDir);
}

function bytesOf(folder: ReadonlyMap<string, TreeEntry>): number {
  return recipeEntries(folder).reduce((sum, [, { size }]) => sum + (size ?? 0), 0);
}

async function readRecipe(git: Git, folder: ReadonlyMap<string, TreeEntry>): Promise<RecipeFiles> {
  const files = recipeEntries(folder).filter(([, { size }]) => size !== undefined);
  return recipeOf(
    folder,
    await readBlobs(
      git,
      files.map(([, { id }]) => id),
    ),
  );
}

function staleFieldsOf(recipe: RecipeFiles, { packages }: Workspace, pkgbase: string): readonly string[] {
  const { committed: srcinfo, isReadOtherwise } = packages.get(pkgbase) ?? {};
  if (isReadOtherwise) return [];
  const pkgbuild = recipe.get("PKGBUILD");
  if (!srcinfo || !pkgbuild || pkgbuild.mode === "120000" || pkgbuild.mode === "160000") return [];
  return staleIn(Buffer.from(pkgbuild.bytes).toString(), srcinfo);
}

function problemKey({ path, message }: WorkspaceProblem): string {
  return JSON.stringify([path, message]);
}

function outsideFiles(old: Side, now: Side, changed: ReadonlyMap<string, unknown>): OutsideFile[] {
  const paths = [...new Set([...old.files.keys(), ...now.files.keys()])].sort();
  return paths
    .filter((path) => !sameFile(old.files.get(path), now.files.get(path)))
    .filter((path) => ![old, now].some(({ folders }) => changed.has(folderOf(path, folders.packagesDir))))
    .map((path) => ({ path, isForOwners: forOwners.test(path) }));
}

/** The package folder that a path lies in, "" for none. */
function folderOf(path: string, packagesDir: string): string {
  const prefix = packagesDir === "." ? "" : `${packagesDir}/`;
  if (!path.startsWith(prefix)) return "";
  const slash = path.indexOf("/", prefix.length);
  return slash === -1 ? "" : path.slice(prefix.length, slash);
}

/** Pipelines, whom they trust, and the Sluice that they run. */
const forOwners =
  /^(?:\.ci|\.github|\.gitlab|\.gitlab-ci[^/]*\.ya?ml|(?:docs\/)?CODEOWNERS|\.npmrc|npm-shrinkwrap\.json|package(?:-lock)?\.json)(?:\/|$)|(?:^|\/)\.git(?:attributes|modules)$/i;
