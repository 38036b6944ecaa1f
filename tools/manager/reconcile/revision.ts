import { readKnownVersion } from "../../builder/known-version.ts";
import type { DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listFolders, readFolders } from "../../workspace/commit.ts";
import { recipeIdentity, type RecipeIdentity } from "../../workspace/identity.ts";
import { parseWorkspace, treeOf, type Workspace } from "../../workspace/workspace.ts";

/** The workspace as it is in one commit, with what its packages are made from. */
export interface Revision {
  readonly commit: string;
  readonly workspace: Workspace;
  readonly tree: DependencyTree;
  identity(pkgbase: string): RecipeIdentity | undefined;
  /** The version that a build makes, where that is certain before it. */
  knownVersion(pkgbase: string): Promise<string | undefined>;
}

export interface Revisions {
  /** @throws SluiceError `commit-missing` */
  at(commit: string): Promise<Revision>;
  /** Undefined where the commit has no such package, or isn't in this clone. */
  identity(commit: string, pkgbase: string): Promise<RecipeIdentity | undefined>;
}

/** Remembers the last few revisions, since builds of one schedule share theirs, and all identities. */
export function revisionsOf(git: Git, arch: string): Revisions {
  const known = new Map<string, Promise<Revision>>();
  const identities = new Map<string, RecipeIdentity | undefined>();

  function at(commit: string): Promise<Revision> {
    let revision = known.get(commit);
    if (!revision) {
      revision = read(git, commit, arch);
      known.set(commit, revision);
      revision.catch(() => known.delete(commit));
      if (known.size > 4) known.delete(known.keys().next().value!);
    }
    return revision;
  }

  return {
    at,
    async identity(commit, pkgbase) {
      const key = `${commit} ${pkgbase}`;
      if (identities.has(key)) return identities.get(key);
      try {
        const identity = (await at(commit)).identity(pkgbase);
        identities.set(key, identity);
        return identity;
      } catch (error) {
        // It may be fetched later, so that isn't remembered.
        if (error instanceof SluiceError && error.code === "commit-missing") return undefined;
        throw error;
      }
    },
  };
}

async function read(git: Git, commit: string, arch: string): Promise<Revision> {
  if ((await resolveCommit(git, commit)) === undefined) {
    throw new SluiceError("commit-missing", `commit ${commit.slice(0, 10)} isn't in the clone ${git.dir}`, {
      hint: "Get it with: git fetch",
      facts: { path: git.dir, commit },
      exitCode: 1,
    });
  }
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
    async knownVersion(pkgbase) {
      const pkg = workspace.packages.get(pkgbase);
      const entries = folders.entries.get(pkgbase);
      return pkg && entries ? readKnownVersion(git, pkg, entries) : undefined;
    },
  };
}
