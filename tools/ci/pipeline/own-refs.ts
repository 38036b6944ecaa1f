import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { listRemote } from "../../git/list-remote.ts";
import { hasRemote } from "../../git/push.ts";
import type { RefsAnswer } from "../../upstream/refs/remote-refs.ts";
import { remote, stateRef } from "../../workspace/refs.ts";
import { scheduledTag } from "./commit-range.ts";

/**
 * The tags and branches of the workspace itself, at its remote, or here where there is none. Those that pipelines move
 * aren't among them: they are nobody's release.
 *
 * @param more prefixes of further refs, such as those of reviews, which only a remote has
 */
export async function ownRefs(git: Git, more: readonly string[] = []): Promise<RefsAnswer> {
  try {
    const listed = await listRefs(git, more);
    const refs = [...listed].flatMap(([name, id]) => {
      const peeled = listed.get(`${name}^{}`);
      const isReleasable = !name.endsWith("^{}") && !isOfPipelines(name);
      return isReleasable ? [[name, { id, ...(peeled !== undefined && { peeled }) }] as const] : [];
    });
    return { kind: "refs", refs: new Map(refs) };
  } catch (error) {
    if (error instanceof SluiceError) return { kind: "unavailable", error };
    throw error;
  }
}

async function listRefs(git: Git, more: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (await hasRemote(git, remote)) {
    const patterns = ["refs/tags/", "refs/heads/", ...more].map((prefix) => `${prefix}*`);
    return (await listRemote(git, remote, patterns)).refs;
  }
  // Exits 1 where there is none.
  const { stdout } = await git.attempt(["show-ref", "--tags", "--heads", "--dereference"]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => line.split(" ").toReversed() as [string, string]));
}

function isOfPipelines(name: string): boolean {
  return name === scheduledTag || name === stateRef || name.startsWith("refs/heads/update-");
}
