import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { readPackageRepos } from "../../manager/workspaces/package-repos.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of the container's volume. */
const data = "/data";

/**
 * The manager's clone of the workspace, made where there is none; `sluice up` keeps it at main.
 *
 * @throws SluiceError `workspace-url`, `git`
 */
export async function openWorkspace(env: Environment): Promise<{ root: string; state: string }> {
  const folder = env["SLUICE_DATA"] || data;
  const root = join(folder, "workspace");
  const state = join(folder, "state");
  if (!existsSync(root)) {
    await mkdir(folder, { recursive: true });
    const fresh = join(folder, ".workspace.tmp");
    await rm(fresh, { recursive: true, force: true });
    const { ok, stderr } = await openGit(folder, env as NodeJS.ProcessEnv).attempt(
      ["clone", "--quiet", "--", addressOf(env), fresh],
      { timeout: 600_000 },
    );
    if (!ok) throw new SluiceError("git", `the workspace can't be cloned: ${stderr}`);
    await rename(fresh, root);
  }
  return { root, state };
}

/** WORKSPACE_URL, or the first of PACKAGE_REPOS; `sluice up` clones the others itself. */
function addressOf(env: Environment): string {
  const [first] = readPackageRepos(env).sources.values();
  const url = env["WORKSPACE_URL"] || first;
  if (url !== undefined) return url;
  throw new SluiceError("workspace-url", "the manager's workspace isn't set", {
    hint: 'Set WORKSPACE_URL to an address that Git can clone, or PACKAGE_REPOS={"NAME":{"url":"https://…"}}.',
  });
}
