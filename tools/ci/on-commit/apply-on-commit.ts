import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { ignoreFiles } from "../../git/ignore.ts";
import type { RefUpdate } from "../../git/push.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { Checkpoint } from "../../steps.ts";
import { KeptMetadata } from "../../workspace/metadata/kept-metadata.ts";
import { stateRef } from "../../workspace/refs.ts";
import { noRequests } from "../../workspace/state/requests.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { underCloneLock } from "../pipeline/clone-lock.ts";
import { currentBranch, requireCommitOfMain, requireMainBranch } from "../pipeline/commit-range.ts";
import { commitState } from "../pipeline/commit-state.ts";
import { requirePushed } from "../pipeline/local-clone.ts";
import { nextRequests } from "../pipeline/next-requests.ts";
import type { Platform } from "../pipeline/platform.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { readStateBranch } from "../pipeline/workspace-refs.ts";
import { writeScheduleFiles } from "../pipeline/write-schedule.ts";
import type { OnCommitPlan } from "./on-commit.ts";
import { lostRace, moveScheduledTag } from "./scheduled-tag.ts";

/**
 * Writes the schedule files and moves the tag; if the tag can't be moved, the files are rolled back.
 *
 * @throws SluiceError `wrong-branch`, `write`, `lost-race`, and what pushing throws
 */
export function applyOnCommit(
  git: Git,
  platform: Platform,
  plan: OnCommitPlan,
  now: () => Date,
  checkpoint?: Checkpoint,
): Promise<void> {
  return underCloneLock(git, () => apply({ git, platform, now, checkpoint }, plan));
}

async function apply(
  ports: Pick<SchedulePorts, "git" | "platform" | "now" | "checkpoint">,
  plan: OnCommitPlan,
): Promise<void> {
  const { git, platform, checkpoint } = ports;
  const { range, files } = plan;
  const branch = await currentBranch(git, platform.branch);
  if (branch !== undefined) requireMainBranch(branch, range.defaultBranch);
  await requireCommitOfMain(git, range);
  await requirePushed(git, platform, range);
  await ignoreFiles(
    git,
    files.map(([path]) => path),
  );
  const written = writeScheduleFiles(git.dir, files, checkpoint);
  try {
    await moveTag(ports, plan);
  } catch (error) {
    // What may have come through has to be built.
    if (!(error instanceof SluiceError && error.code === "push-unknown")) written.undo();
    throw error;
  }
}

/**
 * Builders are asked in the same push for what main doesn't show, and what makepkg said goes along; what else changes
 * the state is waited out.
 */
async function moveTag(
  ports: Pick<SchedulePorts, "git" | "platform" | "now" | "checkpoint">,
  { range, builds, workspace }: OnCommitPlan,
): Promise<void> {
  if (range.tag?.id === range.head) return;
  const { git, platform, checkpoint } = ports;
  const isAsking = nextRequests(noRequests, workspace, builds, ports.now()) !== noRequests;
  const known = KeptMetadata.of(git.dir);
  const changesState = isAsking || known.answers().size > 0 || known.differing.size > 0;
  let said = "";
  for (let attempt = 1; attempt <= (changesState ? 3 : 1); attempt++) {
    const others = changesState ? await nextState(ports, workspace, builds) : [];
    const pushed = await moveScheduledTag(git, platform, range, others, checkpoint);
    if (pushed.kind === "pushed") return;
    ({ said } = pushed);
  }
  throw lostRace(said);
}

async function nextState(
  ports: Pick<SchedulePorts, "git" | "now">,
  workspace: Workspace,
  builds: readonly WantedBuild[],
): Promise<RefUpdate[]> {
  const branch = await readStateBranch(ports.git);
  const requests = nextRequests(branch.state.requests, workspace, builds, ports.now());
  const to = await commitState(ports, branch, { ...branch.state, requests }, workspace.config);
  return to === undefined || to === branch.commit ? [] : [{ ref: stateRef, expected: branch.commit, to }];
}
