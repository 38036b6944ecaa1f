import { SluiceError } from "../../../errors.ts";
import type { Git } from "../../../git/git.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where builders elsewhere fetch the workspace from: WORKSPACE_URL, else the clone's origin, without credentials.
 *
 * @throws SluiceError `workspace-url` where there is neither
 */
export async function workspaceUrl(git: Git, env: Environment): Promise<string> {
  const given = env["WORKSPACE_URL"];
  if (given) return given;
  const { ok, stdout } = await git.attempt(["remote", "get-url", "origin"]);
  if (ok && stdout !== "") return stdout.replace(/^(https?:\/\/)[^/]*@/, "$1");
  throw new SluiceError("workspace-url", "the workspace has no address for builders on other machines", {
    hint: "Set WORKSPACE_URL to an address that they can fetch it from.",
  });
}
