import type { Git } from "../git/git.ts";
import { resolveCommit } from "../git/history.ts";
import { remoteBranches } from "../git/remote-branches.ts";
import { branchPrefix, parseBranchName } from "./branch-name.ts";
import type { Forge, Review } from "./forge.ts";

/**
 * Reviews where there is no forge: the branches `update-*` themselves. A review is open while its branch is there;
 * it is looked at, accepted and refused with `sluice review`. Nobody can comment, and what was refused is known from
 * the state alone.
 *
 * @param where `remote`: `origin`, or `.` where there is none; `targetBranch`: as in `ForgeOptions`
 */
export function branchReviews(git: Git, where: { remote: string; targetBranch: string }): Forge {
  const { remote, targetBranch } = where;

  async function heads(): Promise<Map<string, string>> {
    const found = await remoteBranches(git, remote, branchPrefix);
    await fetchBranches(git, remote, found);
    return found;
  }

  return {
    kind: "branches",
    checkAccess: async () => undefined,
    openReviews: async () => {
      const reviews: Review[] = [];
      for (const [branch, head] of await heads()) reviews.push(await reviewOf(git, branch, head));
      return reviews.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    },
    reviewsFrom: async () => [],
    openReview: async ({ branch }) => {
      const head = (await remoteBranches(git, remote, branch)).get(branch) ?? "";
      return reviewOf(git, branch, head);
    },
    markReview: async () => undefined,
    editReview: async () => undefined,
    closeReview: async () => undefined,
    comment: async () => undefined,
    comments: async () => [],
    commitsAhead: async (branch) => {
      const head = (await heads()).get(branch);
      const main = (await remoteBranches(git, remote, targetBranch)).get(targetBranch);
      if (head === undefined || main === undefined) return [];
      const listing = await git.text(["log", "--reverse", "--format=%H%x00%ae%x00%ce", `${main}..${head}`]);
      return listing.split("\n").flatMap((line) => {
        const [id, authorEmail, committerEmail] = line.split("\0");
        return id && authorEmail !== undefined && committerEmail !== undefined
          ? [{ id, authorEmail, committerEmail }]
          : [];
      });
    },
    setStatus: async () => undefined,
  };
}

/** Fetches the branches of which this clone lacks the commits. */
export async function fetchBranches(
  git: Git,
  remote: string,
  branches: ReadonlyMap<string, string>,
): Promise<void> {
  const missing: string[] = [];
  for (const [branch, head] of branches) {
    if ((await resolveCommit(git, head)) === undefined) missing.push(`refs/heads/${branch}`);
  }
  if (missing.length > 0) await git.text(["fetch", "--quiet", "--no-tags", remote, ...missing]);
}

async function reviewOf(git: Git, branch: string, head: string): Promise<Review> {
  const pkgbase = parseBranchName(branch)?.pkgbase;
  return {
    number: 0,
    url: pkgbase === undefined ? `branch ${branch}` : `sluice review show ${pkgbase}`,
    branch,
    head,
    state: "open",
    title: "",
    body: "",
    author: "",
    labels: ["update"],
    createdAt: await git.text(["show", "--no-patch", "--no-show-signature", "--format=%cI", head]),
  };
}
