import type { Git } from "../../git/git.ts";
import { recipeIdentity, sameRecipe } from "../../workspace/identity.ts";
import type { WorkspaceProblem } from "../../workspace/workspace.ts";
import {
  alreadyPublishedNote,
  readSameVersionProblem,
  type PackageThen,
  type PublishedHere,
} from "../same-version.ts";
import type { Side } from "./decide.ts";
import type { Decided } from "./decide-since.ts";

/** What is said of packages that are scheduled. */
export interface Said {
  readonly problems: readonly WorkspaceProblem[];
  readonly notes: readonly { readonly pkgbase: string; readonly message: string }[];
}

/** Of what is scheduled: what builders will not begin, where that can be known before. */
export async function sameVersionNotes(
  git: Git,
  { before, after, decisions }: Decided,
  published: PublishedHere,
): Promise<Said> {
  const problems: WorkspaceProblem[] = [];
  const notes: { pkgbase: string; message: string }[] = [];
  for (const { kind, pkgbase } of decisions) {
    const now = kind === "build" ? packageIn(after, pkgbase) : undefined;
    if (!now || (published && !published.has(pkgbase))) continue;
    const then = before && (packageIn(before, pkgbase) ?? (before.entries.has(pkgbase) ? now : undefined));
    if (!then) continue;
    if (sameRecipe(recipeIdentity(then.pkg, then.files), recipeIdentity(now.pkg, now.files))) {
      const message = alreadyPublishedNote(now, published);
      if (message !== undefined) notes.push({ pkgbase, message });
    } else {
      const problem = await readSameVersionProblem(git, then, now, after.workspace.packagesDir);
      if (problem) problems.push(problem);
    }
  }
  return { problems, notes };
}

/** Of the earlier commit only packages that differ were read. */
function packageIn({ entries, workspace }: Side, pkgbase: string): PackageThen | undefined {
  const [pkg, files] = [workspace.packages.get(pkgbase), entries.get(pkgbase)];
  return pkg && files && { pkg, files };
}
