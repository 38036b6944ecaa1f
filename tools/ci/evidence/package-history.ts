import { parseBranchName } from "../../forge/branch-name.ts";
import type { RecipeChange } from "../../gate/review/history-section.ts";
import type { Git } from "../../git/git.ts";
import { isShallow } from "../../git/history.ts";
import { packagePath } from "../../workspace/files.ts";

/** Commits that are looked through, from the newest: of all packages together, and of one. */
const furthest = { all: 20_000, each: 500 };

/** What main's history in this clone says of a package. */
export interface RecipeHistory {
  /** Newest first. */
  readonly changes: readonly RecipeChange[];
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/**
 * The commits of main that changed the recipes of these packages, in one walk. Whose a commit is, Git says as its
 * author wanted.
 *
 * @param email the address that pipelines commit with
 */
export async function recipeHistories(
  git: Git,
  { head, packagesDir, email }: { head: string; packagesDir: string; email: string },
  names: readonly string[],
): Promise<ReadonlyMap<string, RecipeHistory>> {
  if (names.length === 0) return new Map();
  const output = await git.bytes([
    "log",
    // What a merge brought in is the merge's, whoever wrote the commits before.
    "--first-parent",
    "--diff-merges=first-parent",
    "--no-show-signature",
    "--no-renames",
    "--name-only",
    `--max-count=${furthest.all}`,
    "-z",
    "--encoding=UTF-8",
    `--format=${["", "%P", "%at", "%an", "%ae", "%ce", "%s"].join("%x00")}`,
    // Without paths: looking for one takes Git longer than naming all that changed.
    head,
  ]);
  const own = new Map(names.map((pkgbase) => [packagePath(packagesDir, pkgbase), new Array<LoggedCommit>()]));
  let looked = 0;
  for (const commit of commitsIn(output.toString())) {
    looked++;
    for (const folder of new Set(commit.paths.map(recipeFolder))) own.get(folder)?.push(commit);
  }
  const isShort = looked === furthest.all || (await isShallow(git));
  return new Map(
    names.map((pkgbase) => {
      const commits = own.get(packagePath(packagesDir, pkgbase))!;
      const changes = commits.slice(0, furthest.each).map((commit) => changeOf(commit, pkgbase, email));
      return [pkgbase, { changes, isWhole: !isShort && commits.length <= furthest.each }];
    }),
  );

  /** The package's folder that a path is in; none where it is its settings. */
  function recipeFolder(path: string): string {
    const depth = packagesDir === "." ? 1 : packagesDir.split("/").length + 1;
    const steps = path.split("/");
    return steps[depth] === ".CI" ? "" : steps.slice(0, depth).join("/");
  }
}

interface LoggedCommit {
  readonly fields: readonly string[];
  readonly paths: readonly string[];
}

/** Each begins with an empty field, which no path is; a line end stands before its first path. */
function* commitsIn(output: string): Generator<LoggedCommit> {
  const values = output.split("\0");
  for (let at = 0; at + 7 < values.length;) {
    const fields = values.slice(at + 1, at + 7);
    const end = values.indexOf("", at + 7);
    const next = end === -1 ? values.length : end;
    const [first = "", ...others] = values.slice(at + 7, next);
    yield { fields, paths: [first.replace(/^\n/, ""), ...others] };
    at = next;
  }
}

function changeOf({ fields }: LoggedCommit, pkgbase: string, email: string): RecipeChange {
  const [parents = "", seconds, by = "", author, committer, subject = ""] = fields;
  const isOurs = author === email && committer === email;
  const isReview = parents.includes(" ")
    ? namesReview(subject, pkgbase)
    : isAccepted(subject, pkgbase, isOurs);
  return { how: isReview ? "accepted" : isOurs ? "taken" : "by hand", by, at: Number(seconds) || 0 };
}

/** As GitHub, Gitea and GitLab write a merge's subject. */
function namesReview(subject: string, pkgbase: string): boolean {
  const branches = subject.match(/update-[A-Za-z0-9@._+%-]+/g) ?? [];
  return branches.some((branch) => parseBranchName(branch)?.pkgbase === pkgbase);
}

/** What `sluice review accept` writes, or what a forge makes of a review that it squashes. */
function isAccepted(subject: string, pkgbase: string, isOurs: boolean): boolean {
  const isByHand = subject.startsWith(`${pkgbase}: `) && subject.includes(" → ");
  return isByHand || (!isOurs && subject.startsWith("chore(update): "));
}
