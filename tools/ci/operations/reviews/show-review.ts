import { historiesOf } from "../../evidence/held-evidence.ts";
import { whyHeld } from "../../updates/decide-update.ts";
import { evidenceOf, openHeldReview, rememberShown, type HeldReview } from "./held-review.ts";
import { readRecipe } from "../../updates/recipe-in-commit.ts";
import { judgeHeld, type JudgePorts } from "./list-reviews.ts";
import { versionChange } from "../version-change.ts";
import type { EvidenceSection } from "../../../gate/review/evidence.ts";
import type { Judgement } from "../../../gate/judge.ts";

/** What is held of a package, as a person has to see it. */
export interface ShownReview extends HeldReview {
  /** `1.2 → 1.3` */
  readonly versions: string;
  /** Why it is held, by the verdict and the settings of today; undefined where it would be taken now. */
  readonly why: string | undefined;
  /** Of today: main as it is now against the branch. */
  readonly judgement: Pick<Judgement, "verdict" | "findings">;
  /** The AUR's accounts as last accepted, and now; undefined where they aren't known. */
  readonly maintainersBefore: readonly string[] | undefined;
  readonly maintainersAfter: readonly string[] | undefined;
  /** What was found out about it beside its recipe. */
  readonly evidence: readonly EvidenceSection[];
  /** What it changes, as `git diff` writes it; anybody's text. */
  readonly diff: string;
}

/** Judges what is held of a package, and remembers in this clone that it was shown. */
export async function showReview(ports: JudgePorts, name: string): Promise<ShownReview> {
  const { git } = ports;
  const { present, review, pkg, folder } = await openHeldReview(ports, name);
  const { refs, side, stateBranch } = present;
  const [judgement, recipe, diff] = [
    await judgeHeld(review, present, ports),
    await readRecipe(git, review.head, folder),
    await git.text([
      "diff",
      "--no-color",
      "--no-ext-diff",
      "--no-textconv",
      "--no-renames",
      refs.head,
      review.head,
      "--",
      folder,
    ]),
  ];
  await rememberShown(git, review);
  const found = evidenceOf(stateBranch.state, review);
  const place = {
    git,
    head: refs.head,
    workspace: side.workspace,
    state: stateBranch.state,
    now: ports.now(),
  };
  const past = (await historiesOf([pkg.pkgbase], place)).get(pkg.pkgbase)!;
  const state = stateBranch.state.packages.get(pkg.pkgbase);
  return {
    ...review,
    versions: versionChange(pkg, recipe),
    why: whyHeld(judgement, pkg, side.workspace.config),
    judgement,
    maintainersBefore: state?.maintainers,
    maintainersAfter: state?.heldMaintainers,
    // Of the past, more may be known than when it was held.
    evidence: [...found.filter(({ title }) => title !== past.title), past],
    diff,
  };
}
