import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "./git.ts";
import { resolveCommit } from "./history.ts";

/**
 * How many commits deep a shallow clone would have to be to hold everything from `head` back to the remote's
 * `ref`; undefined where that can't be found out. Fetches commits without files into a folder of its own, so the
 * clone stays as it is.
 */
export async function depthNeeded(
  git: Git,
  remote: string,
  ref: string,
  head: string,
): Promise<number | undefined> {
  const url = await git.text(["remote", "get-url", remote]);
  const folder = await mkdtemp(join(tmpdir(), "sluice-depth-"));
  try {
    const scratch = git.at(folder);
    await scratch.text(["init", "--quiet", "--bare"]);
    const refs = [`${ref}:${ref}`, "refs/heads/*:refs/heads/*"];
    const fetched = await scratch.attempt([
      "fetch",
      "--quiet",
      "--no-tags",
      "--filter=tree:0",
      "--",
      url,
      ...refs,
    ]);
    if (!fetched.ok || (await resolveCommit(scratch, head)) === undefined) return undefined;
    return Number(await scratch.text(["rev-list", "--count", `${ref}..${head}`])) + 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
