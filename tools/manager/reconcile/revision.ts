import { readKnownVersion } from "../../builder/versions/known-version.ts";
import type { DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listFolders, readFolders, type CommitFolders } from "../../workspace/commit.ts";
import { builtFor, workspaceFor } from "../../workspace/architectures.ts";
import { recipeIdentity, type RecipeIdentity } from "../../workspace/identity.ts";
import { parseWorkspace, treeOf, type Workspace } from "../../workspace/workspace.ts";

/** The workspace as it is in one commit, of one architecture, with what its packages are made from. */
export interface Revision {
  readonly commit: string;
  readonly arch: string;
  /** With the packages that this architecture's repository has. */
  readonly workspace: Workspace;
  /** With those of all architectures. */
  readonly whole: Workspace;
  readonly tree: DependencyTree;
  /** Whether it is built for this architecture; otherwise it is made for any, and built for the first one. */
  isBuiltHere(pkgbase: string): boolean;
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

/** The last few commits that were read, for the revisions of all architectures. */
export type Commits = (commit: string) => Promise<CommitRead>;

interface CommitRead {
  readonly folders: CommitFolders;
  readonly workspace: Workspace;
}

export function commitsOf(git: Git): Commits {
  return lastFew((commit) => readCommit(git, commit));
}

/**
 * Remembers the last few revisions, since builds of one schedule share theirs, and all identities.
 *
 * @param arch default: the first one of CI_ARCHES in that commit
 */
export function revisionsOf(git: Git, arch?: string, commits: Commits = commitsOf(git)): Revisions {
  const identities = new Map<string, RecipeIdentity | undefined>();
  const at = lastFew(async (commit) => {
    const read = await commits(commit);
    return revisionOf(git, commit, read, arch ?? read.workspace.config.CI_ARCHES[0]!);
  });

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

function lastFew<T>(read: (commit: string) => Promise<T>): (commit: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (commit) => {
    const before = known.get(commit);
    if (before) return before;
    const reading = read(commit);
    known.set(commit, reading);
    reading.catch(() => known.delete(commit));
    if (known.size > 4) known.delete(known.keys().next().value!);
    return reading;
  };
}

async function readCommit(git: Git, commit: string): Promise<CommitRead> {
  if ((await resolveCommit(git, commit)) === undefined) {
    throw new SluiceError("commit-missing", `commit ${commit.slice(0, 10)} isn't in the clone ${git.dir}`, {
      hint: "Get it with: git fetch",
      facts: { path: git.dir, commit },
      exitCode: 1,
    });
  }
  const folders = await listFolders(git, commit);
  return { folders, workspace: parseWorkspace(await readFolders(git, folders)) };
}

function revisionOf(
  git: Git,
  commit: string,
  { folders, workspace: whole }: CommitRead,
  arch: string,
): Revision {
  const workspace = workspaceFor(whole, arch);
  const { packages, config } = workspace;
  const versions = new Map<string, Promise<string | undefined>>();
  return {
    commit,
    arch,
    workspace,
    whole,
    tree: treeOf(workspace, arch),
    isBuiltHere(pkgbase) {
      const pkg = packages.get(pkgbase);
      return pkg !== undefined && builtFor(pkg, config.CI_ARCHES).includes(arch);
    },
    identity(pkgbase) {
      const pkg = packages.get(pkgbase);
      const entries = folders.entries.get(pkgbase);
      return pkg && entries ? recipeIdentity(pkg, entries) : undefined;
    },
    async knownVersion(pkgbase) {
      const pkg = packages.get(pkgbase);
      const entries = folders.entries.get(pkgbase);
      if (!pkg || !entries) return undefined;
      // A build that is done elsewhere is looked at several times.
      const reading = versions.get(pkgbase) ?? readKnownVersion(git, pkg, entries);
      versions.set(pkgbase, reading);
      reading.catch(() => versions.delete(pkgbase));
      return reading;
    },
  };
}
