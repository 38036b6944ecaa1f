import { digestOf } from "../../../forge/branch-name.ts";
import { readState, type State } from "../../../workspace/state/state.ts";
import { readWorkspaceRefs } from "../../pipeline/workspace-refs.ts";
import type { OperationPorts } from "../operation.ts";

/** An update that the gate held, as the branch `state` says. */
export interface HeldUpdate {
  readonly pkgbase: string;
  /** The first 16 digits of the recipe's digest; they end the name of its branch. */
  readonly digest: string;
  /** Whether somebody refused it: then it waits for nobody until upstream moves. */
  readonly refused: boolean;
}

/** What is held now, by name. */
export async function heldUpdates({ git, platform }: OperationPorts): Promise<readonly HeldUpdate[]> {
  const refs = await readWorkspaceRefs(git, platform);
  return heldOf((await readState(git, refs.state)).state);
}

function heldOf({ packages }: Pick<State, "packages">): HeldUpdate[] {
  return [...packages]
    .flatMap(([pkgbase, { held, refused }]) => {
      if (held === undefined) return [];
      const digest = digestOf(held);
      return [{ pkgbase, digest, refused: refused === digest }];
    })
    .sort((a, b) => (a.pkgbase < b.pkgbase ? -1 : 1));
}
