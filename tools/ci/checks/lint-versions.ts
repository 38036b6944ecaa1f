import { knownVersion, readKnownVersion } from "../../builder/versions/known-version.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { differingFolders, listFolders, readFolders, type CommitFolders } from "../../workspace/commit.ts";
import { packagePath } from "../../workspace/files.ts";
import { recipeIdentity, sameRecipe } from "../../workspace/identity.ts";
import { parseWorkspace, type Workspace, type WorkspaceProblem } from "../../workspace/workspace.ts";
import { readWorktreeFile } from "../../workspace/worktree.ts";
import { sameVersionProblem, type PublishedHere } from "../same-version.ts";

/**
 * Packages of the work tree that changed and keep their version: since what is published here was made, else since what
 * was scheduled last, else since HEAD. Untracked files don't count before `git add`.
 */
export async function lintVersions(
  git: Git,
  root: string,
  workspace: Workspace,
  published: PublishedHere,
): Promise<readonly WorkspaceProblem[]> {
  const head = await resolveCommit(git, "HEAD");
  if (head === undefined) return [];
  const now = await worktreeFolders(git, head);
  const problems: WorkspaceProblem[] = [];
  for (const [base, names] of await changedSince(git, head, now, workspace, published)) {
    const folders = await listFolders(git, base, now.packagesDir);
    const before = parseWorkspace(await readFolders(git, folders, names));
    for (const pkgbase of names) {
      const [was, is] = [before.packages.get(pkgbase), workspace.packages.get(pkgbase)];
      const [filesThen, files] = [folders.entries.get(pkgbase), now.entries.get(pkgbase)];
      if (!was || !is || !filesThen || !files) continue;
      const path = packagePath(workspace.packagesDir, pkgbase);
      const textOf = (name: string): string | undefined => {
        const file = readWorktreeFile(root, path, name);
        return file.kind === "file" ? file.text : undefined;
      };
      const version = knownVersion(is, textOf);
      const versions = [await readKnownVersion(git, was, filesThen), version] as const;
      const problem = sameVersionProblem(
        { pkg: was, files: filesThen },
        { pkg: is, files },
        versions,
        textOf("PKGBUILD") ?? "",
        workspace.packagesDir,
      );
      if (problem) problems.push(problem);
    }
  }
  return problems;
}

/** HEAD's package folders, with what differs from them in the work tree. */
async function worktreeFolders(git: Git, head: string): Promise<CommitFolders> {
  const folders = await listFolders(git, head);
  const { packagesDir } = folders;
  const paths = ["--", packagesDir];
  const changed = await git.text(["diff", "--raw", "-z", "--no-renames", "--no-abbrev", head, ...paths]);
  const fields = changed.split("\0").filter((field) => field !== "");
  const entries = new Map([...folders.entries].map(([name, files]) => [name, new Map(files)]));
  const prefix = packagesDir === "." ? "" : `${packagesDir}/`;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = "000000"] = fields[at]!.split(" ");
    const path = fields[at + 1]!;
    const [folder = "", ...rest] = path.slice(prefix.length).split("/");
    const name = rest.join("/");
    if (!path.startsWith(prefix) || name === "") continue;
    const files = entries.get(folder) ?? new Map();
    entries.set(folder, files);
    if (mode === "000000") files.delete(name);
    else files.set(name, { path, mode, id: await git.text(["hash-object", "--", path]), size: 0 });
  }
  return { ...folders, entries };
}

/** By the commit to compare with: packages that aren't as they were there. */
async function changedSince(
  git: Git,
  head: string,
  now: CommitFolders,
  workspace: Workspace,
  published: PublishedHere,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (!published) {
    const base = (await resolveCommit(git, "refs/tags/scheduled")) ?? head;
    const then = await listFolders(git, base, now.packagesDir);
    return new Map([[base, differingFolders(then, now)]]);
  }
  const bases = new Map<string, Set<string>>();
  for (const [pkgbase, record] of published) {
    const [pkg, files] = [workspace.packages.get(pkgbase), now.entries.get(pkgbase)];
    if (!pkg || !files || sameRecipe(record, recipeIdentity(pkg, files))) continue;
    if ((await resolveCommit(git, record.commit)) === undefined) continue;
    bases.set(record.commit, (bases.get(record.commit) ?? new Set()).add(pkgbase));
  }
  return bases;
}
