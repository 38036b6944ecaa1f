import type { DependencyTree } from "../deptree/tree.ts";
import type { Git } from "../git/git.ts";
import { listFolders, readFolders } from "../workspace/commit.ts";
import { recipeIdentity, type RecipeIdentity } from "../workspace/identity.ts";
import { parseWorkspace, treeOf, type Workspace } from "../workspace/workspace.ts";

/** The workspace as it is in one commit, with what its packages are made from. */
export interface Revision {
  readonly commit: string;
  readonly workspace: Workspace;
  readonly tree: DependencyTree;
  identity(pkgbase: string): RecipeIdentity | undefined;
}

/** Reads revisions and remembers the last few: builds of one schedule share theirs. */
export function revisionReader(git: Git, arch: string): (commit: string) => Promise<Revision> {
  const known = new Map<string, Promise<Revision>>();
  return (commit) => {
    let revision = known.get(commit);
    if (!revision) {
      revision = read(git, commit, arch);
      known.set(commit, revision);
      revision.catch(() => known.delete(commit));
      if (known.size > 4) known.delete(known.keys().next().value!);
    }
    return revision;
  };
}

async function read(git: Git, commit: string, arch: string): Promise<Revision> {
  const folders = await listFolders(git, commit);
  const workspace = parseWorkspace(await readFolders(git, folders));
  return {
    commit,
    workspace,
    tree: treeOf(workspace, arch),
    identity(pkgbase) {
      const pkg = workspace.packages.get(pkgbase);
      const entries = folders.entries.get(pkgbase);
      return pkg && entries ? recipeIdentity(pkg, entries) : undefined;
    },
  };
}
