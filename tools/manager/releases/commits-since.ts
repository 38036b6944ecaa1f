import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { PlannedRelease } from "../../release/plan/release-plan.ts";

/** Of more commits at once the newest are checked. */
const most = 100;

/**
 * The commits that a branch got since it was at another one, the oldest first. Where that isn't in its history any more,
 * or can't be asked, the newest alone. Only commits are fetched, without their files.
 *
 * @param state the state folder
 */
export async function commitsSince(
  git: Git,
  state: string,
  { project, source, ref }: Pick<PlannedRelease, "project" | "source" | "ref">,
  since: string,
): Promise<readonly string[]> {
  const home = join(state, "releases", "sources", project);
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, "new-"));
  try {
    const history = git.at(folder);
    await history.text(["init", "--quiet", "--bare"]);
    const fetch = ["fetch", "--quiet", "--no-tags", `--depth=${most + 1}`, "--filter=tree:0", "--"];
    const { ok } = await history.attempt([...fetch, source, `refs/heads/${ref.name}`], { timeout });
    if (!ok) return [ref.commit];
    const listed = await history.attempt([
      "rev-list",
      "--reverse",
      `--max-count=${most}`,
      ref.commit,
      `^${since}`,
      "--",
    ]);
    const commits = listed.ok ? listed.stdout.split("\n").filter((line) => line !== "") : [];
    return commits.length > 0 ? commits : [ref.commit];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const timeout = 600_000;
