import { SluiceError } from "../../../errors.ts";
import { inertMessage } from "../../../gate/review/inert.ts";
import type { Git } from "../../../git/git.ts";
import { isInCiFolder } from "../../../workspace/recipe.ts";
import { recipeChanges } from "../../../workspace/recipe-changes.ts";
import { acceptedState } from "../../updates/decide-update.ts";
import { takeRecipe } from "../../updates/take-recipe.ts";
import { deletionOf, openHeldReview, requireShown, type HeldReview } from "./held-review.ts";
import { readRecipe } from "../../updates/recipe-in-commit.ts";
import { versionChange } from "../version-change.ts";
import { planOperation, type OperationPlan, type OperationPorts } from "../operation.ts";

export interface AcceptPlan extends OperationPlan {
  readonly review: HeldReview;
  /** `1.2 → 1.3` */
  readonly versions: string;
}

/**
 * Takes the held update of a package into main: the recipe of its branch, as one commit, and the schedule that
 * follows. Who maintains it upstream since is accepted with it. The branch goes in the same push.
 *
 * @throws SluiceError `unknown-package`, `no-review`, `not-shown`, `review-mixed`
 */
export async function planAccept(ports: OperationPorts, name: string): Promise<AcceptPlan> {
  const { git } = ports;
  const { present, review, pkg, folder } = await openHeldReview(ports, name);
  const { refs, side, stateBranch } = present;
  const { pkgbase } = pkg;
  await requireShown(git, review);
  await requireRecipeOnly(git, refs.head, review, folder);

  const recipe = await readRecipe(git, review.head, folder);
  const files = takeRecipe(pkgbase, recipe);
  const paths = side.entries.get(pkgbase)!.keys();
  const state = stateBranch.state.packages.get(pkgbase) ?? {};
  const accepted = acceptedState(state, ports.now().getTime());
  const versions = versionChange(pkg, recipe);
  const plan = await planOperation(ports, present, {
    kind: "chore(update)",
    subject: `${inertMessage(pkgbase)}: ${versions}`,
    packages: [pkgbase],
    changes: recipeChanges(pkgbase, folder, paths, files),
    states: new Map([[pkgbase, accepted]]),
  });
  return { ...plan, review, versions, others: [deletionOf(review)] };
}

/**
 * A person may have pushed to the branch. What isn't the recipe's is for Git to merge.
 *
 * @throws SluiceError `review-mixed`
 */
async function requireRecipeOnly(
  git: Git,
  main: string,
  { pkgbase, branch, head }: HeldReview,
  folder: string,
): Promise<void> {
  const listing = await git.text(["diff", "--name-only", "--no-renames", "-z", `${main}...${head}`]);
  const strange = listing
    .split("\0")
    .filter(
      (path) =>
        path !== "" && !(path.startsWith(`${folder}/`) && !isInCiFolder(path.slice(folder.length + 1))),
    );
  if (strange.length === 0) return;
  const shown = strange.slice(0, 5).map((path) => JSON.stringify(path));
  throw new SluiceError("review-mixed", `${branch} changes more than the recipe: ${shown.join(", ")}`, {
    hint: `Merge it with Git: git fetch && git merge ${head.slice(0, 10)}`,
    facts: { pkgbase },
    exitCode: 1,
  });
}
