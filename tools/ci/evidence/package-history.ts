import { parseBranchName } from "../../forge/branch-name.ts";
import type { PackageHistory, RecipeChange } from "../../gate/review/history-section.ts";
import type { Git } from "../../git/git.ts";
import { isShallow } from "../../git/history.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";

/** Commits of a package that are looked through, from the newest; a package of years has hundreds. */
const furthest = 500;

/**
 * What this clone and the branch `state` know of a package's past. Whose commit it is, Git says as its author wanted.
 *
 * @param folder the package's, in a commit
 * @param email the address that pipelines commit with
 */
export async function packageHistory(
  git: Git,
  { head, pkgbase, folder, email }: { head: string; pkgbase: string; folder: string; email: string },
  state: PackageState,
  now: Date,
): Promise<PackageHistory> {
  const fields = ["%H", "%P", "%at", "%an", "%ae", "%ce", "%s"];
  const args = [
    "log",
    // What a merge brought in is the merge's, whoever wrote the commits before.
    "--first-parent",
    "--no-show-signature",
    `--max-count=${furthest}`,
    "-z",
    "--encoding=UTF-8",
    `--format=${fields.join("%x00")}`,
    head,
    "--",
    `:(literal)${folder}`,
    `:(exclude,literal)${folder}/.CI`,
  ];
  const values = (await git.bytes(args)).toString().split("\0");
  const changes: RecipeChange[] = [];
  for (let at = 0; at + fields.length <= values.length; at += fields.length) {
    const [, parents = "", seconds, by = "", author, committer, subject = ""] = values.slice(
      at,
      at + fields.length,
    );
    const isOurs = author === email && committer === email;
    const isReview = parents.includes(" ")
      ? namesReview(subject, pkgbase)
      : isAccepted(subject, pkgbase, isOurs);
    changes.push({ how: isReview ? "accepted" : isOurs ? "taken" : "by hand", by, at: Number(seconds) || 0 });
  }
  return {
    changes,
    isWhole: changes.length < furthest && !(await isShallow(git)),
    past: state.past ?? [],
    maintainers: state.maintainers,
    now: now.getTime(),
  };
}

/** As GitHub, Gitea and GitLab write a merge's subject. */
function namesReview(subject: string, pkgbase: string): boolean {
  return (subject.match(/update-[A-Za-z0-9@._+%-]+/g) ?? []).some(
    (branch) => parseBranchName(branch)?.pkgbase === pkgbase,
  );
}

/** What `sluice review accept` writes, or what a forge makes of a review that it squashes. */
function isAccepted(subject: string, pkgbase: string, isOurs: boolean): boolean {
  return subject.startsWith(`${pkgbase}: `) && subject.includes(" → ")
    ? true
    : !isOurs && subject.startsWith("chore(update): ");
}
