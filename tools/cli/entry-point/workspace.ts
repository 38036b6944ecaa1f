import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";

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

const repositories = z.record(z.string(), z.looseObject({ url: z.string() }));

/** WORKSPACE_URL, or the one repository that PACKAGE_REPOS names. */
function addressOf(env: Environment): string {
  const given = env["WORKSPACE_URL"];
  if (given) return given;
  const urls = Object.values(readRepositories(env["PACKAGE_REPOS"] || "{}")).map(({ url }) => url);
  const [url, ...others] = urls;
  if (url !== undefined && others.length === 0) return url;
  throw new SluiceError("workspace-url", "it isn't said which workspace this manager is of", {
    hint: 'Set WORKSPACE_URL to an address that Git can clone, or PACKAGE_REPOS={"NAME":{"url":"https://…"}} with one entry.',
  });
}

function readRepositories(text: string): z.infer<typeof repositories> {
  try {
    return repositories.parse(JSON.parse(text));
  } catch (cause) {
    throw new SluiceError("workspace-url", "PACKAGE_REPOS isn't understood", {
      hint: 'For example PACKAGE_REPOS={"mypackages":{"url":"https://gitlab.com/me/mypackages"}}',
      cause,
    });
  }
}
