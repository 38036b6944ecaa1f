import { digestOf, parseBranchName } from "../../../forge/branch-name.ts";
import { pushAtomically, type RefUpdate } from "../../../git/push.ts";
import { durably } from "../../../steps.ts";
import { SluiceError } from "../../../errors.ts";
import { remote, stateRef } from "../../../workspace/refs.ts";
import { notedRefusal } from "../../../workspace/state/package-past.ts";
import { commitState } from "../../pipeline/commit-state.ts";
import { planWithRetry } from "../../pipeline/plan-with-retry.ts";
import { deletionOf, findHeldReview, type HeldReview } from "./held-review.ts";
import { readCurrentState, type OperationPorts } from "../operation.ts";
import { existingPackages } from "../../../workspace/package-names.ts";

export interface RefusePlan {
  /** Undefined where its branch was gone already. */
  readonly review: HeldReview | undefined;
  /** In one atomic push. */
  readonly updates: readonly RefUpdate[];
  readonly hasRemote: boolean;
}

/**
 * Refuses the held update of a package: the state remembers it, so that it isn't held again until upstream moves,
 * and the branch goes.
 *
 * @throws SluiceError `unknown-package`, `no-review`
 */
export async function planRefuse(ports: OperationPorts, name: string): Promise<RefusePlan> {
  const present = await readCurrentState(ports);
  const { refs, side, stateBranch } = present;
  const [pkgbase = name] = existingPackages([name], side.workspace.packages);
  const known = stateBranch.state.packages.get(pkgbase) ?? {};
  const review = await findHeldReview(ports.git, present, pkgbase).catch((error: unknown) => {
    if (known.held !== undefined && error instanceof SluiceError && error.code === "no-review")
      return undefined;
    throw error;
  });
  const digest = (review && parseBranchName(review.branch)?.digest) ?? (known.held && digestOf(known.held));
  const refused = { ...notedRefusal(known, ports.now().getTime()), refused: digest };
  const packages = new Map([...stateBranch.state.packages, [pkgbase, refused]]);
  const state = await commitState(
    ports,
    stateBranch,
    { ...stateBranch.state, packages },
    side.workspace.config,
  );
  const updates = [
    ...(state === refs.state ? [] : [{ ref: stateRef, expected: refs.state, to: state }]),
    ...(review ? [deletionOf(review)] : []),
  ];
  return { review, updates, hasRemote: refs.hasRemote };
}

/** Plans and applies, again where a race is lost. */
export async function runRefuse(ports: OperationPorts, pkgbase: string): Promise<RefusePlan> {
  const { git, platform, progress, checkpoint } = ports;
  const { plan } = await planWithRetry(
    git,
    progress,
    () => planRefuse(ports, pkgbase),
    async ({ updates, hasRemote }) => {
      if (updates.length === 0) return { kind: "done", outcome: undefined };
      const pushed = await durably(checkpoint, "review branch deleted", () =>
        pushAtomically(git, hasRemote ? remote : ".", updates, platform.pushOptions),
      );
      return pushed.kind === "lost-race" ? pushed : { kind: "done", outcome: undefined };
    },
  );
  return plan;
}
