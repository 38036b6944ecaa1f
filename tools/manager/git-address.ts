import { SluiceError } from "../errors.ts";

/**
 * Git's other addresses run programs.
 *
 * @throws SluiceError `workspace-away`
 */
export function requireGitAddress(url: string): void {
  if (/^(?:https?|ssh|git):\/\/[^\s-]/.test(url) || /^\/[^\0\n]*$/.test(url) || /^[\w.-]+@[\w.-]+:/.test(url))
    return;
  throw new SluiceError("workspace-away", `${JSON.stringify(url)} isn't an address of a Git repository`, {
    hint: "Set WORKSPACE_URL, here or for the manager: https://…, ssh://… or a path.",
  });
}
