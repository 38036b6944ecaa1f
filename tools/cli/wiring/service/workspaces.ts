import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import { openGit } from "../../../git/git.ts";
import { resolveCommit } from "../../../git/history.ts";
import { furtherFolder, workspacesFolder } from "../../../manager/folders.ts";
import { openInstallations, type Installation, type Installations } from "../../../manager/installation.ts";
import { revisionsOf } from "../../../manager/reconcile/revision.ts";
import type { PackageRepos } from "../../../manager/workspaces/package-repos.ts";
import { cloneWorkspace } from "../../../manager/workspaces/workspace-clone.ts";
import { requireValidConfig } from "../../../workspace/workspace.ts";
import { fetchOptions } from "../fetch-options.ts";
import { gnupgHome } from "../installation.ts";

/**
 * The installations of all workspaces that PACKAGE_REPOS names, beside those that are open: each with a clone, package
 * repositories and a key of its own, and the same queue. What can't be opened is reported and skipped.
 *
 * @param own the name of the workspace that is open
 */
export async function withFurtherWorkspaces(
  installations: Installations,
  own: string,
  { sources, targets }: PackageRepos,
  troubled: (error: SluiceError) => void,
): Promise<Installations> {
  const all: [Installation, ...Installation[]] = [...installations];
  for (const [name, url] of sources) {
    if (name === own) continue;
    try {
      all.push(...(await openFurther({ name, url }, all, targets)));
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      troubled(error);
    }
  }
  return all;
}

async function openFurther(
  workspace: { readonly name: string; readonly url: string },
  known: Installations,
  targets: PackageRepos["targets"],
): Promise<Installations> {
  const { folders, sandbox, queue, now } = known[0];
  const { state } = folders;
  const git = await cloneWorkspace(join(state, workspacesFolder), workspace, (folder) =>
    openGit(folder, process.env),
  );
  const commit = await resolveCommit(git, "HEAD");
  if (commit === undefined) throw empty(workspace.name);
  const { whole } = await revisionsOf(git).at(commit);
  requireValidConfig(whole);
  const { config } = whole;
  requireOwnTarget(workspace.name, config.BUILD_REPO, known);
  return openInstallations({
    git,
    settings: config,
    state,
    own: furtherFolder(state, config.BUILD_REPO),
    sandbox,
    gnupgHome: gnupgHome(),
    queue,
    now,
    workspace,
    fetch: fetchOptions(config),
    extra: targets.get(config.BUILD_REPO),
  });
}

/** What two workspaces published to one repository, each would take out of it again. */
function requireOwnTarget(name: string, target: string, known: readonly Installation[]): void {
  if (known.every(({ repository }) => repository.name !== target)) return;
  throw new SluiceError("same-target", `the workspace ${name} publishes to ${target}, as another one does`, {
    hint: "Set another BUILD_REPO in its .ci/config.",
  });
}

function empty(name: string): SluiceError {
  return new SluiceError("no-commits", `the workspace ${name} has no commits yet`, {
    hint: "Push its packages, and start the manager again.",
    exitCode: 1,
  });
}
