import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { underCloneLock } from "./clone-lock.ts";

const attempts = 3;

type Applied<Outcome> =
  | { readonly kind: "done"; readonly outcome: Outcome }
  | { readonly kind: "lost-race"; readonly said: string };

/**
 * Plans and applies; after a lost race it plans again from the new state.
 *
 * @throws SluiceError `locked`, `lost-race` (exit 1) where that happened three times, and what planning and applying throw
 */
export function planWithRetry<Plan, Outcome>(
  git: Git,
  progress: (what: string) => void,
  plan: () => Promise<Plan>,
  apply: (plan: Plan) => Promise<Applied<Outcome>>,
): Promise<{ plan: Plan; outcome: Outcome }> {
  return underCloneLock(git, () => tryAgain(progress, plan, apply));
}

async function tryAgain<Plan, Outcome>(
  progress: (what: string) => void,
  plan: () => Promise<Plan>,
  apply: (plan: Plan) => Promise<Applied<Outcome>>,
): Promise<{ plan: Plan; outcome: Outcome }> {
  let said = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) progress("somebody else has pushed in the meantime; planning again");
    const planned = await plan();
    const result = await apply(planned);
    if (result.kind === "done") return { plan: planned, outcome: result.outcome };
    said = result.said;
  }
  throw new SluiceError("lost-race", `another push was first ${attempts} times; nothing was changed`, {
    hint: "The next run finds the same again. Check that only one pipeline runs at a time.",
    facts: { said },
    exitCode: 1,
  });
}
