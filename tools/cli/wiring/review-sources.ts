import { sourceOf } from "../../ci/evidence/held-evidence.ts";
import {
  gatherEvidence,
  hasSource,
  type EvidencePorts,
} from "../../ci/operations/reviews/gather-evidence.ts";
import type { OnSchedulePlan } from "../../ci/on-schedule/on-schedule.ts";
import type { SchedulePorts } from "../../ci/pipeline/ports.ts";
import { readRecipe } from "../../ci/updates/recipe-in-commit.ts";
import { probeBubblewrap } from "../../sandbox/bubblewrap/probe.ts";
import type { Git } from "../../git/git.ts";
import { packagePath } from "../../workspace/files.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/** Looks at what changed in the sources of an update that is held. */
export function reviewSources(
  git: Git,
  workspace: Workspace,
  upstreams: SchedulePorts["upstreams"],
): NonNullable<EvidencePorts["sources"]> {
  const opened = upstreams(workspace.config, {});
  return async ({ pkgbase, main, commit }) => {
    const folder = packagePath(workspace.packagesDir, pkgbase);
    const [before, after] = [await readRecipe(git, main, folder), await readRecipe(git, commit, folder)];
    return sourceOf({ before, after }, workspace, opened);
  };
}

/** What CI_REVIEW_SOURCES asks for after a run: the sources of what is held, where nobody looked at them yet. */
export async function lookAtHeldSources(
  ports: Omit<EvidencePorts, "build" | "sources"> & Pick<SchedulePorts, "upstreams">,
  { workspace, state, heldStates }: OnSchedulePlan,
): Promise<void> {
  if (!workspace.config.CI_REVIEW_SOURCES) return;
  const held = [...state.packages, ...heldStates].filter(([, known]) => known.held !== undefined);
  const isKnown = held.every(([pkgbase, { held: digest }]) => {
    const kept = state.evidence.get(pkgbase);
    return kept?.digest === digest && hasSource(kept);
  });
  if (isKnown) return;
  const why = probeBubblewrap();
  if (why) return ports.progress(`nobody looks at the sources of what is held: ${why.message}`);
  const sources = reviewSources(ports.git, workspace, ports.upstreams);
  await gatherEvidence({ ...ports, sources });
}
